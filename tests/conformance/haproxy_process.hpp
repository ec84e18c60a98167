// A HAProxy of the test's own, with deploy/haproxy/haproxy.cfg, on a free port of 127.0.0.1.
#pragma once

#include <memory>
#include <string>

#include "tests/support/process.hpp"

namespace teal::test {

class HaproxyProcess {
 public:
  // Throws std::runtime_error with its log when it does not start.
  HaproxyProcess();
  ~HaproxyProcess();
  HaproxyProcess(const HaproxyProcess&) = delete;
  HaproxyProcess& operator=(const HaproxyProcess&) = delete;

  [[nodiscard]] std::string socket() const { return folder_ + "/admin.sock"; }
  [[nodiscard]] std::string master_socket() const { return folder_ + "/master.sock"; }
  [[nodiscard]] std::string backend() const { return "contract"; }
  [[nodiscard]] int port() const { return port_; }
  // Returns once the new worker answers on the socket.
  void reload();
  // One command to the Runtime API.
  [[nodiscard]] std::string ask(const std::string& command) const;

 private:
  [[nodiscard]] std::string worker() const;
  void await_other_worker(const std::string& before);

  std::string folder_;
  int port_ = 0;
  std::unique_ptr<Process> process_;
};

}  // namespace teal::test
