#pragma once
// One HTTP/1.1 connection that hides nothing: no retry, no redirect, every fault is an error with a name.
#include <chrono>
#include <string>

namespace teal::load {

struct Target {
  std::string host;  // an IPv4 address
  int port = 80;
  std::string authority;                      // the Host field
  std::chrono::milliseconds timeout{10'000};  // for one request, connecting included
};

// Reads http://HOST[:PORT]; HOST is an IPv4 address or localhost. Throws std::invalid_argument.
[[nodiscard]] Target parse_target(const std::string& url);

struct Answer {
  std::string error;  // empty: complete and 2xx
  std::string body;
};

class Client {
 public:
  explicit Client(const Target& target) : target_(target) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }

  // One GET on this connection, which is opened if it is not open. With `keep` it stays open afterwards, unless the
  // answer says otherwise.
  [[nodiscard]] Answer get(const std::string& path, bool keep);

  // True when a kept connection was closed by the server while it was idle; it is closed on our side then. Nothing of
  // a next request was sent at that time, so opening another is not a retry.
  [[nodiscard]] bool closed_while_idle();

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  void close();
  [[nodiscard]] std::string open(Deadline deadline);
  [[nodiscard]] std::string send(const std::string& text, Deadline deadline);
  [[nodiscard]] Answer read_answer(Deadline deadline, bool& keep);

  const Target& target_;
  int fd_ = -1;
};

}  // namespace teal::load
