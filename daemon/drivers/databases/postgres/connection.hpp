// A connection that limits how much a server can make teald read into memory.
//
// libpq buffers whatever arrives: rows, a value of a gigabyte, any number of errors, parameters, notifications. So the
// bytes that arrive are counted at the socket, while connecting and while waiting for a result, and the connection is
// closed when they exceed any result that Teal asks for. On a Unix socket the kernel offers no such counter. The server
// is then on this machine; it is cut off once teald's own memory has grown by most_growth since the query.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <pqxx/version>
#include <string>
#include <thread>

#if PQXX_VERSION_MAJOR < 7
#include <pqxx/basic_connection>
#include <pqxx/connectionpolicy>
#include <pqxx/errorhandler>
#else
#include <pqxx/connection>
#endif

namespace teal::postgres {

inline constexpr std::uint64_t most_greeting = 1 << 20;  // bytes, until the connection is made
inline constexpr std::uint64_t most_answer = 4 << 20;    // of all answers to one piece of work
inline constexpr std::uint64_t most_growth = 128 << 20;  // bytes
inline constexpr std::chrono::seconds longest_connecting{3};

// What is said of a server that sends more.
inline constexpr auto answers_without_end = "it answers without end";

#if PQXX_VERSION_MAJOR < 7
class BoundedConnect final : public pqxx::connectionpolicy {
 public:
  using pqxx::connectionpolicy::connectionpolicy;
  handle do_startconnect(handle orig) override;
};
using Connection = pqxx::basic_connection_base<BoundedConnect>;
using Quiet = pqxx::quiet_errorhandler;
#else
using Connection = pqxx::connection;
struct Quiet {
  explicit Quiet(Connection& connection) {
    connection.set_notice_handler([](pqxx::zview) noexcept {});
  }
};
#endif
// `Quiet`: the server's notices are nobody's, as long as it lives.

// Throws pqxx::broken_connection, and Unfit for a server that greets without end. `options`: a connection string.
[[nodiscard]] std::unique_ptr<Connection> connect(const std::string& options);

// Until where a socket's peer may go on sending.
class Bound {
 public:
  Bound(int socket, std::uint64_t most);
  [[nodiscard]] bool is_passed(int socket) const;

 private:
  std::uint64_t received_;  // bytes since the connection began
  std::uint64_t resident_;  // bytes of this process
};

// While it lives, cuts the socket once more than so much has arrived.
class AnswerWatch {
 public:
  AnswerWatch(int socket, std::uint64_t most);
  ~AnswerWatch() = default;
  AnswerWatch(const AnswerWatch&) = delete;
  AnswerWatch& operator=(const AnswerWatch&) = delete;

  [[nodiscard]] bool has_cut() const { return has_cut_; }

 private:
  void watch(const std::stop_token& stop, int socket, Bound bound);

  std::atomic<bool> has_cut_ = false;
  std::jthread thread_;  // the last member: it ends first
};

}  // namespace teal::postgres
