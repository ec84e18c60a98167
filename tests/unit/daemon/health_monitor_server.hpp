// A replica's health endpoint as a test wants it, and what was asked of it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace teal::test {

class HealthServer {
 public:
  explicit HealthServer(boost::asio::io_context& loop, const std::string& port = "0");
  ~HealthServer();
  HealthServer(const HealthServer&) = delete;
  HealthServer& operator=(const HealthServer&) = delete;

  // The bytes to answer with from now on; empty: take the request and stay silent.
  void answer(std::string bytes);
  // The same, and then nothing: neither more nor an end.
  void answer_and_stay(std::string bytes);
  void answer(int status, const std::string& body) { answer(response(status, body)); }
  [[nodiscard]] std::string address() const;  // "127.0.0.1:PORT"
  [[nodiscard]] const std::vector<std::string>& requests() const;
  [[nodiscard]] const std::vector<std::chrono::steady_clock::time_point>& times() const;  // of the requests
  [[nodiscard]] int connections() const;

  [[nodiscard]] static std::string response(int status, const std::string& body);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::test
