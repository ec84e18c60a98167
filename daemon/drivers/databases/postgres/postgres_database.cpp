#include "daemon/drivers/databases/postgres/postgres_database.hpp"

#include <fmt/format.h>

#include <map>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <pqxx/transaction>
#include <set>
#include <tuple>
#include <utility>

#include "daemon/drivers/databases/postgres/fingerprint.hpp"
#include "daemon/drivers/databases/postgres/grants.hpp"
#include "daemon/drivers/databases/postgres/ledger.hpp"
#include "daemon/drivers/databases/postgres/pooler.hpp"
#include "daemon/drivers/databases/postgres/preflight.hpp"
#include "daemon/drivers/databases/postgres/session.hpp"
#include "daemon/runtime/measured.hpp"

namespace teal::postgres {
namespace {

using boost::asio::awaitable;
using namespace postgres;

class PostgresDatabase final : public ports::Database {
 public:
  PostgresDatabase(runtime::BlockingPool& pool, PostgresOptions options) : pool_(pool), options_(options) {}

  awaitable<Result<world::DatabaseView>> lock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("lock", do_lock(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> look(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("look", do_look(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> begin(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("begin", under_lock(std::move(access), std::move(key), begin_row));
  }
  awaitable<Result<world::DatabaseView>> abandon(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("abandon", under_lock(std::move(access), std::move(key), close_open_rows));
  }
  awaitable<Result<world::DatabaseView>> finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                world::LedgerOutcome outcome, std::optional<int> exit_code) override {
    return timed("finish", do_finish(std::move(access), std::move(key), outcome, exit_code));
  }
  awaitable<Result<void>> confirm(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("confirm", do_confirm(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> unlock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("unlock", do_unlock(std::move(access), std::move(key)));
  }
  awaitable<Result<std::vector<objects::Finding>>> preflight(ports::DatabaseAccess access, ports::LedgerKey,
                                                             bool strict) override {
    return timed("preflight",
                 inspect(pool_, std::move(access), {strict, options_.deadline, options_.long_transaction}));
  }
  awaitable<Result<std::vector<std::string>>> ungranted(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return timed("ungranted", do_ungranted(std::move(access), std::move(key)));
  }

 private:
  // One application's way to a database: its jobs share one session, another application's never do, so that the
  // server itself keeps them apart.
  using Place = std::tuple<std::string, int, std::string, std::string>;
  struct Held {
    SessionPtr session;
    std::set<std::string> jobs;
  };

  template <class T>
  awaitable<Result<T>> timed(std::string_view operation, awaitable<Result<T>> call) {
    return runtime::measured(options_.telemetry, "database", operation, std::move(call));
  }

  static Place place(const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
    return {access.target.host, access.target.port, access.target.name, key.application};
  }

  static std::string program(const ports::LedgerKey& key) {
    return fmt::format("teal {}/{} of {}", key.application, key.job, key.owner.substr(0, 8));
  }

  // The session that holds the lock for any job of this application, unless it is known to be lost.
  SessionPtr locking(const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
    const auto found = held_.find(place(access, key));
    if (found == held_.end()) return nullptr;
    if (found->second.session->is_broken()) {
      held_.erase(found);
      return nullptr;
    }
    return found->second.session;
  }

  [[nodiscard]] bool is_taken_for(const ports::DatabaseAccess& access, const ports::LedgerKey& key) const {
    const auto found = held_.find(place(access, key));
    return found != held_.end() && found->second.jobs.contains(key.job);
  }

  // The session that holds the lock for this job.
  SessionPtr holding(const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
    auto session = locking(access, key);
    return is_taken_for(access, key) ? session : nullptr;
  }

  awaitable<Result<SessionPtr>> session_for(const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
    if (auto session = locking(access, key)) co_return session;
    auto login = access.migration;
    co_return co_await open_session(pool_, access, std::move(login), program(key));
  }

  // What there is to be seen through this session.
  static world::DatabaseView view_through(Connection& connection, const spec::DatabaseTarget& target,
                                          const ports::LedgerKey& key) {
    pqxx::nontransaction work{connection};
    world::DatabaseView view;
    view.held = holds_lock(work);
    if (!view.held) view.holder = lock_holder(work);
    view.waiter = lock_waiter(work);
    if (const auto ledger = find_ledger(work, target)) read_rows(work, *ledger, key, view);
    return view;
  }

  // Runs it; a session that turned out to hold no lock (any more) is forgotten.
  awaitable<Result<world::DatabaseView>> through(SessionPtr session, ports::DatabaseAccess access, ports::LedgerKey key,
                                                 std::function<void(Connection&)> before) {
    const auto view = std::make_shared<world::DatabaseView>();
    auto work = [view, target = access.target, key, before = std::move(before)](Connection& connection) {
      if (before) before(connection);
      *view = view_through(connection, target, key);
    };
    auto done = co_await use_session(pool_, session, options_.deadline, std::move(work));
    const auto found = held_.find(place(access, key));
    const bool is_the_holder = found != held_.end() && found->second.session == session;
    if (is_the_holder && (session->is_broken() || (done && !view->held))) held_.erase(found);
    if (!done) co_return within(world::place_of(access.target), done.error());
    co_return std::move(*view);
  }

  awaitable<Result<world::DatabaseView>> do_look(ports::DatabaseAccess access, ports::LedgerKey key) {
    auto session = co_await session_for(access, key);
    if (!session) co_return session.error();
    auto view = co_await through(*session, access, key, {});
    // The application's own session is nobody else; but the lock is this job's only once it has asked for it.
    if (view && !is_taken_for(access, key)) view->held = false;
    // The lock's session has gone: what there is to see is seen by another.
    if (!view && (*session)->is_broken() && view.error().code == ErrorCode::unavailable) {
      auto again = co_await session_for(access, key);
      if (!again) co_return again.error();
      co_return co_await through(*again, std::move(access), std::move(key), {});
    }
    co_return view;
  }

  awaitable<Result<world::DatabaseView>> do_lock(ports::DatabaseAccess access, ports::LedgerKey key) {
    const auto where = place(access, key);
    auto opened = co_await session_for(access, key);
    if (!opened) co_return opened.error();
    auto session = std::move(*opened);
    auto take = [target = access.target, login = access.migration, key](Connection& connection) {
      if (const auto why = transaction_pooler(connection, target, login)) throw Unfit(*why);
      bool held = false;
      {
        pqxx::nontransaction work{connection};
        held = holds_lock(work);
      }
      if (!held && try_lock(connection)) held = true;
      if (held) make_ledger(connection, target);
    };
    auto view = co_await through(session, std::move(access), key, std::move(take));
    if (!view || !view->held) co_return view;
    auto& held = held_[where];
    held.session = std::move(session);
    held.jobs.insert(key.job);
    co_return view;
  }

  using RowChange = void (*)(pqxx::transaction_base&, const std::string&, const ports::LedgerKey&);

  awaitable<Result<world::DatabaseView>> under_lock(ports::DatabaseAccess access, ports::LedgerKey key,
                                                    RowChange change) {
    auto session = holding(access, key);
    if (!session) co_return not_held(access);
    const auto held = std::make_shared<bool>(false);
    auto work = [held, change, target = access.target, key](Connection& connection) {
      pqxx::work transaction{connection};
      transaction.exec("SET LOCAL lock_timeout = '3s'");
      *held = holds_lock(transaction);
      const auto ledger = find_ledger(transaction, target);
      if (!*held || !ledger) return;
      change(transaction, *ledger, key);
      transaction.commit();
    };
    auto view = co_await through(std::move(session), access, std::move(key), std::move(work));
    if (view && !*held) co_return not_held(access);
    co_return view;
  }

  awaitable<Result<world::DatabaseView>> do_finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                   world::LedgerOutcome outcome, std::optional<int> exit_code) {
    auto session = co_await session_for(access, key);
    if (!session) co_return session.error();
    auto work = [target = access.target, user = access.application.user, key, outcome,
                 exit_code](Connection& connection) {
      make_ledger(connection, target);  // the job may have dropped it
      pqxx::work transaction{connection};
      transaction.exec("SET LOCAL lock_timeout = '3s'");
      const auto ledger = find_ledger(transaction, target);
      finish_row(transaction, *ledger, key, outcome, exit_code);
      keep_from(transaction, *ledger, user);
      transaction.commit();
    };
    co_return co_await through(std::move(*session), std::move(access), std::move(key), std::move(work));
  }

  awaitable<Result<void>> do_confirm(ports::DatabaseAccess access, ports::LedgerKey key) {
    auto session = holding(access, key);
    if (!session) co_return not_held(access);
    auto view = co_await through(std::move(session), access, std::move(key), {});
    if (!view) co_return view.error();
    if (!view->held) co_return not_held(access);
    co_return Result<void>{};
  }

  awaitable<Result<void>> do_unlock(ports::DatabaseAccess access, ports::LedgerKey key) {
    const auto found = held_.find(place(access, key));
    if (found == held_.end()) co_return Result<void>{};
    found->second.jobs.erase(key.job);
    if (!found->second.jobs.empty()) co_return Result<void>{};
    const auto session = found->second.session;
    held_.erase(found);  // it goes with its session, whatever the server says
    auto work = [](Connection& connection) { postgres::unlock(connection); };
    static_cast<void>(co_await use_session(pool_, session, options_.deadline, std::move(work)));
    co_return Result<void>{};
  }

  awaitable<Result<std::vector<std::string>>> do_ungranted(ports::DatabaseAccess access, ports::LedgerKey key) {
    auto session = co_await session_for(access, key);
    if (!session) co_return session.error();
    const auto names = std::make_shared<std::vector<std::string>>();
    auto work = [names, target = access.target, user = access.application.user, key](Connection& connection) {
      pqxx::nontransaction transaction{connection};
      if (const auto ledger = find_ledger(transaction, target)) {
        *names = postgres::ungranted(transaction, *ledger, key, user);
      }
    };
    auto done = co_await use_session(pool_, std::move(*session), options_.deadline, std::move(work));
    if (!done) co_return within(world::place_of(access.target), done.error());
    co_return std::move(*names);
  }

  static Error not_held(const ports::DatabaseAccess& access) {
    return {ErrorCode::conflict,
            fmt::format("this Teal does not hold the migration lock on {}", world::place_of(access.target))};
  }

  runtime::BlockingPool& pool_;
  PostgresOptions options_;
  std::map<Place, Held> held_;
};

}  // namespace

std::unique_ptr<ports::Database> make_postgres(runtime::BlockingPool& pool, PostgresOptions options) {
  return std::make_unique<PostgresDatabase>(pool, options);
}

}  // namespace teal::postgres
