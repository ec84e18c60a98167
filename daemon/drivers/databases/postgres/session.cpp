#include "daemon/drivers/databases/postgres/session.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <pqxx/except>
#include <pqxx/nontransaction>
#include <utility>

#include "manifests/foundation/text.hpp"
#include "manifests/spec/names.hpp"

namespace teal::postgres {

using boost::asio::awaitable;

namespace {

// libpq's own quoting of connection strings.
std::string quoted(const std::string& value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + "'";
}

masking::Secret connection_string(const spec::DatabaseTarget& target, const ports::DatabaseLogin& login,
                                  const std::string& program) {
  std::string text = fmt::format(
      "host={} port={} dbname={} user={} password={} sslmode={} application_name={} "
      "tcp_user_timeout=5000 keepalives_idle=5 keepalives_interval=2 keepalives_count=3",
      quoted(target.host), target.port, quoted(target.name), quoted(login.user), quoted(login.password.reveal()),
      name_of(target.ssl_mode), quoted(program));
  if (!target.ssl_root_cert.empty()) text += " sslrootcert=" + quoted(target.ssl_root_cert);
  return masking::Secret{std::move(text)};
}

bool says(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

constexpr std::size_t longest_text = 1000;

thread_local const masking::Mask* heard_with = nullptr;

// A server may say what it was told. Its text may end in the middle of that.
std::string without_passwords(std::string_view text) {
  if (heard_with == nullptr) return std::string{text};
  return masking::masked_cut(text, {heard_with});
}

// Not longer than people read, and not cut within a character.
std::string shortened(std::string text) {
  if (text.size() <= longest_text) return text;
  return std::string{first_bytes(text, longest_text)} + " …";
}

// One line of valid UTF-8, without libpq's "connection to server at … failed: FATAL:  ".
std::string sentence(std::string text) {
  text = shortened(without_passwords(text));
  for (auto& c : text) c = c == '\r' || c == '\t' ? ' ' : c;
  while (!text.empty() && (text.back() == ' ' || text.back() == '\n')) text.pop_back();
  for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text.replace(at, 1, "; ");
  for (auto at = text.find("  "); at != std::string::npos; at = text.find("  ", at)) text.erase(at, 1);
  return printable(text);  // a server may say anything
}

Error of_state(const std::string& state, std::string message) {
  if (state == "57014") return {ErrorCode::timed_out, std::move(message)};  // statement_timeout
  if (state.starts_with("57P") || state.starts_with("53")) return {ErrorCode::unavailable, std::move(message)};
  if (state == "42501" || state.starts_with("28")) return {ErrorCode::denied, std::move(message)};
  if (state.starts_with("08")) return {ErrorCode::unavailable, std::move(message)};
  if (state == "25006") return {ErrorCode::denied, std::move(message)};  // read-only
  if (state == "55P03" || state == "40P01") return {ErrorCode::unavailable, std::move(message)};
  return {ErrorCode::invalid, std::move(message)};
}

}  // namespace

HearsServer::HearsServer(const masking::Mask& given) : before_(std::exchange(heard_with, &given)) {}

HearsServer::~HearsServer() { heard_with = before_; }

Session::Session(const spec::DatabaseTarget& target, const ports::DatabaseLogin& login, const std::string& program,
                 std::shared_ptr<const masking::Mask> given)
    : given_(std::move(given)),
      connection_(connect(connection_string(target, login, program).reveal())),
      quiet_(*connection_) {
  socket_ = ::dup(connection_->sock());
}

Session::~Session() {
  if (broken_) cut();  // so that saying goodbye cannot hang
  if (socket_ >= 0) ::close(socket_);
}

void Session::cut() const {
  if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

Error error_of(const std::exception& failure) {
  const auto message = sentence(failure.what());
  if (dynamic_cast<const Unfit*>(&failure) != nullptr) return {ErrorCode::invalid, message};
  // What no PostgreSQL answers: other rows than were asked for, a word for a number, bytes that are no message.
  if (dynamic_cast<const pqxx::unexpected_rows*>(&failure) != nullptr ||
      dynamic_cast<const pqxx::conversion_error*>(&failure) != nullptr ||
      dynamic_cast<const pqxx::range_error*>(&failure) != nullptr) {
    return {ErrorCode::invalid, "it does not answer as PostgreSQL does: " + message};
  }
  if (says(message, "not connected")) {
    return {ErrorCode::unavailable, "the connection is lost, or what came was no answer of PostgreSQL's"};
  }
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&failure) != nullptr) return {ErrorCode::denied, message};
  if (const auto* sql = dynamic_cast<const pqxx::sql_error*>(&failure)) return of_state(sql->sqlstate(), message);
  if (says(message, "password authentication failed") || says(message, "no pg_hba.conf entry") ||
      says(message, "permission denied") || says(message, "is not permitted to log in")) {
    return {ErrorCode::denied, message};
  }
  if (says(message, "unsupported startup parameter") || says(message, "does not exist") || says(message, "SSL") ||
      says(message, "certificate")) {
    return {ErrorCode::invalid, message};
  }
  if (says(message, "timeout expired")) return {ErrorCode::timed_out, message};
  return {ErrorCode::unavailable, message.empty() ? "the connection is lost" : message};
}

std::string short_text(const pqxx::field& field) {
  return shortened(without_passwords(field.is_null() ? "" : field.c_str()));
}

pqxx::row only_row(const pqxx::result& rows) {
  if (rows.size() == 1) return rows[0];
  throw pqxx::unexpected_rows{fmt::format("{} rows where one was asked for", rows.size())};
}

pqxx::result at_most(pqxx::result rows, std::size_t most) {
  if (static_cast<std::size_t>(rows.size()) <= most) return rows;
  throw Unfit(fmt::format("{}: {} rows where at most {} were asked for; name a PostgreSQL server", answers_without_end,
                          rows.size(), most));
}

awaitable<Result<SessionPtr>> open_session(runtime::BlockingPool& pool, const ports::DatabaseAccess& access,
                                           ports::DatabaseLogin login, std::string program) {
  auto given = std::make_shared<const masking::Mask>(
      std::vector<masking::Secret>{access.migration.password, access.application.password});
  auto work = [target = access.target, login = std::move(login), program = std::move(program),
               given = std::move(given)]() -> Result<SessionPtr> {
    const HearsServer hears{*given};
    try {
      return std::make_shared<Session>(target, login, program, given);
    } catch (const std::exception& failure) {
      return within(world::place_of(target) + " as user " + login.user, error_of(failure));
    }
  };
  co_return co_await pool.run(std::move(work));
}

awaitable<Result<void>> use_session(runtime::BlockingPool& pool, SessionPtr session, std::chrono::milliseconds deadline,
                                    std::function<void(Connection&)> work) {
  if (session->is_broken()) co_return Error{ErrorCode::unavailable, "the connection is lost"};
  const auto overdue = std::make_shared<bool>(false);
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto timer = std::make_shared<boost::asio::steady_timer>(executor, deadline);
  auto cut = [session, overdue](const boost::system::error_code& cancelled) {
    if (cancelled) return;
    *overdue = true;
    session->cut();
  };
  timer->async_wait(std::move(cut));
  auto guarded = [session, work = std::move(work)]() -> Result<void> {
    const std::scoped_lock turn{session->turn()};
    const HearsServer hears{session->given()};
    const AnswerWatch watch{session->socket(), most_answer};
    Result<void> done;
    try {
      work(session->connection());
    } catch (const pqxx::sql_error& failure) {
      done = error_of(failure);  // the connection is as good as before, unless the server says goodbye
    } catch (const std::exception& failure) {
      session->mark_broken();
      done = error_of(failure);
    }
    if (!watch.has_cut()) return done;
    session->mark_broken();
    return Error{ErrorCode::invalid, fmt::format("{}: more than {} MiB to one question; name a PostgreSQL server",
                                                 answers_without_end, most_answer >> 20)};
  };
  auto done = co_await pool.run(std::move(guarded));
  timer->cancel();
  if (!done && (*overdue || done.error().code == ErrorCode::unavailable)) session->mark_broken();
  if (*overdue) co_return Error{ErrorCode::timed_out, fmt::format("no answer within {} ms", deadline.count())};
  co_return done;
}

}  // namespace teal::postgres
