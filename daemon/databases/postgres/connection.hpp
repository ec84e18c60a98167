// A connection whose server cannot make teald take in more than it has asked for.
//
// libpq keeps whatever comes: rows, one value of a gigabyte, errors after errors, parameters, notifications. So what
// arrives is counted at the socket, while connecting and while an answer is waited for, and the connection is cut when it
// is more than any answer that Teal asks for.
// Nothing counts for us at a Unix socket: a server there is on this machine and is held to the deadlines alone.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <pqxx/basic_connection>
#include <pqxx/connectionpolicy>
#include <string>
#include <thread>

namespace teal::postgres {

inline constexpr std::uint64_t most_greeting = 1 << 20;  // bytes, until the connection is made
inline constexpr std::uint64_t most_answer = 4 << 20;    // of all answers to one piece of work
inline constexpr std::chrono::seconds longest_connecting{3};

// What is said of a server that sends more.
inline constexpr auto answers_without_end = "it answers without end";

class BoundedConnect final : public pqxx::connectionpolicy {
 public:
  using pqxx::connectionpolicy::connectionpolicy;
  // Throws pqxx::broken_connection, and Unfit for a server that greets without end.
  handle do_startconnect(handle orig) override;
};

using Connection = pqxx::basic_connection_base<BoundedConnect>;

// While it lives, cuts the socket once more than so much has arrived.
class AnswerWatch {
 public:
  AnswerWatch(int socket, std::uint64_t most);
  ~AnswerWatch() = default;
  AnswerWatch(const AnswerWatch&) = delete;
  AnswerWatch& operator=(const AnswerWatch&) = delete;

  [[nodiscard]] bool has_cut() const { return has_cut_; }

 private:
  void watch(const std::stop_token& stop, int socket, std::uint64_t end);

  std::atomic<bool> has_cut_ = false;
  std::jthread thread_;  // the last member: it ends first
};

}  // namespace teal::postgres
