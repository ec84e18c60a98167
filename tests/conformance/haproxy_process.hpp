// A HAProxy of the test's own, with deploy/haproxy/haproxy.cfg, on a free port of 127.0.0.1.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/process.hpp"

namespace teal::test {

struct HaproxyChoice {
  std::string program = "haproxy";  // an absolute path or a name in PATH
  // What to put in place of which text of the configuration.
  std::vector<std::pair<std::string, std::string>> edits{};
  // A folder with a haproxy.cfg that somebody else keeps, which listens on this port: instead of all that.
  std::string folder{};
  int port = 0;
  bool has_master_socket = true;
};

class HaproxyProcess {
 public:
  // Throws std::runtime_error with its log when it does not start.
  explicit HaproxyProcess(const HaproxyChoice& choice = {});
  ~HaproxyProcess();
  HaproxyProcess(const HaproxyProcess&) = delete;
  HaproxyProcess& operator=(const HaproxyProcess&) = delete;

  [[nodiscard]] std::string socket() const { return folder_ + "/admin.sock"; }
  [[nodiscard]] std::string master_socket() const { return folder_ + "/master.sock"; }
  [[nodiscard]] std::string backend() const { return "contract"; }
  [[nodiscard]] int port() const { return port_; }
  // Returns once the new worker answers on the socket.
  void reload();
  // At once, with its workers.
  void kill();
  // How it ended: the exit code, or 128 plus a signal; none while it runs.
  [[nodiscard]] std::optional<int> ended() { return process_->wait(std::chrono::milliseconds{0}); }
  [[nodiscard]] std::string log() const;
  // One command to the Runtime API.
  [[nodiscard]] std::string ask(const std::string& command) const;

 private:
  [[nodiscard]] std::string worker() const;
  void await_other_worker(const std::string& before);

  void start(const HaproxyChoice& choice);

  std::string folder_;
  bool owns_folder_ = true;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace teal::test
