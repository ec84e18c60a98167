#include "daemon/drivers/databases/postgres/connection.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <pqxx/except>

#include "daemon/drivers/databases/postgres/received.hpp"
#include "daemon/drivers/databases/postgres/session.hpp"

namespace teal::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto look_every = 2ms;
constexpr std::size_t most_message = 64 << 10;  // much more than is shown: what is masked becomes shorter

struct Finish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};

std::uint64_t resident() {
  std::uint64_t all = 0;
  std::uint64_t pages = 0;
  std::ifstream{"/proc/self/statm"} >> all >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::string message_of(const PGconn* connection) {
  const std::string message = PQerrorMessage(connection);
  return message.substr(0, most_message);
}

// Until the socket can be read or written, as libpq wants it. False: it is too late.
bool wait_for(int socket, PostgresPollingStatusType wanted, SteadyClock::time_point end) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
    if (left <= 0) return false;
    pollfd polled{socket, static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    const int ready = ::poll(&polled, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

Bound::Bound(int socket, std::uint64_t most)
    : received_(received_by(socket).value_or(0) + most), resident_(resident() + most_growth) {}

bool Bound::is_passed(int socket) const {
  const auto received = received_by(socket);
  return received ? *received > received_ : resident() > resident_;
}

namespace {

// As PQconnectdb, but that a server which sends and sends is neither listened to past the deadline nor believed.
PGconn* bounded_connect(const char* options) {
  const auto end = SteadyClock::now() + longest_connecting;
  std::unique_ptr<PGconn, Finish> connection{PQconnectStart(options)};
  if (!connection) throw std::bad_alloc{};
  // Until libpqxx has its own say they would be printed.
  PQsetNoticeReceiver(connection.get(), [](void*, const PGresult*) {}, nullptr);
  const Bound bound{-1, most_greeting};  // each address that is tried begins at nothing
  auto wanted = PGRES_POLLING_WRITING;
  while (PQstatus(connection.get()) != CONNECTION_BAD && wanted != PGRES_POLLING_OK && wanted != PGRES_POLLING_FAILED) {
    if (!wait_for(PQsocket(connection.get()), wanted, end)) {
      throw pqxx::broken_connection{fmt::format("{} timeout expired", message_of(connection.get()))};
    }
    wanted = PQconnectPoll(connection.get());
    if (const int socket = PQsocket(connection.get()); socket >= 0 && bound.is_passed(socket)) {
      throw Unfit(fmt::format("{}: more than {} KiB before anything was asked; name a PostgreSQL server",
                              answers_without_end, most_greeting >> 10));
    }
  }
  if (PQstatus(connection.get()) != CONNECTION_OK) throw pqxx::broken_connection{message_of(connection.get())};
  return connection.release();
}

}  // namespace

#if PQXX_VERSION_MAJOR < 7
BoundedConnect::handle BoundedConnect::do_startconnect(handle orig) {
  return orig != nullptr ? orig : bounded_connect(options().c_str());
}

std::unique_ptr<Connection> connect(const std::string& options) {
  auto connection = std::make_unique<Connection>(options);
  // After a lost connection this libpqxx would connect again without a word, and the session's lock would be gone.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wdeprecated-declarations"
  connection->inhibit_reactivation(true);
#pragma clang diagnostic pop
  return connection;
}
#else
std::unique_ptr<Connection> connect(const std::string& options) {
  return std::make_unique<Connection>(Connection::seize_raw_connection(bounded_connect(options.c_str())));
}
#endif

AnswerWatch::AnswerWatch(int socket, std::uint64_t most) {
  const Bound bound{socket, most};
  thread_ = std::jthread{[this, socket, bound](const std::stop_token& stop) { watch(stop, socket, bound); }};
}

void AnswerWatch::watch(const std::stop_token& stop, int socket, Bound bound) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock{mutex};
  while (!stop.stop_requested()) {
    if (bound.is_passed(socket)) {
      has_cut_ = true;
      ::shutdown(socket, SHUT_RDWR);
      return;
    }
    woken.wait_for(lock, stop, look_every, [] { return false; });
  }
}

}  // namespace teal::postgres
