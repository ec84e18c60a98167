// A teald of a test's own: configuration, store, socket, port and manifests below one folder.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/rest.hpp"

namespace teal::test {

struct TealdSettings {
  std::string folder;  // made when it does not exist
  std::string docker_socket;
  std::string haproxy_socket;
  std::string haproxy_url;  // empty: teald sends no requests of its own through it
  std::string more{};       // lines of teald.yaml, each with its newline
  std::string more_api{};   // lines below `api:`, indented by two spaces, each with its newline
  int open_files = 0;       // how many it may have; 0: as many as the test
  // Who it runs as, as under deploy/systemd/teald.service: in the groups of its two sockets, without any capability and
  // unable to get one. The folder becomes that user's. 0: who runs the test, with all rights.
  uid_t user = 0;
  std::string program{};  // empty: the one that was built, which only those can run who can enter the build's folder
  std::string haproxy_master{};   // socket of its master process; empty: teald is not told of it
  std::string engine_more{};      // of the engine's entry, each key behind a comma
  std::string managed_haproxy{};  // what stands after `haproxy:` instead of the socket and the url
};

// Makes a folder and all that is in it this user's.
void give_all(const std::string& folder, uid_t user);

class Teald {
 public:
  explicit Teald(TealdSettings settings);  // writes the configuration, starts nothing

  // Starts it and waits for /readyz; throws with the log's end when it does not get ready.
  void start();
  // Starts it; nothing is waited for.
  void launch();
  void wait_until_ready();
  void kill();  // SIGKILL
  int stop();   // SIGTERM; the exit status
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  [[nodiscard]] Process& process() { return *process_; }

  [[nodiscard]] Rest& rest() { return *rest_; }
  [[nodiscard]] std::string manifests() const { return settings_.folder + "/manifests"; }
  [[nodiscard]] std::string config() const { return settings_.folder + "/teald.yaml"; }
  [[nodiscard]] std::string socket() const { return settings_.folder + "/teal.sock"; }
  [[nodiscard]] std::string url() const { return "unix:" + socket(); }
  [[nodiscard]] std::string store() const { return settings_.folder + "/teal.db"; }
  [[nodiscard]] std::string log_file() const { return settings_.folder + "/teald.log"; }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::string log_tail(std::size_t lines) const;

  // Renamed into place, as editors do it. The name is that of the file in the manifest folder.
  void save(const std::string& file, const std::string& text) const;

 private:
  void write_config() const;
  [[nodiscard]] std::vector<std::string> without_rights() const;

  TealdSettings settings_;
  int port_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<Rest> rest_;
};

}  // namespace teal::test
