// A private dockerd, HAProxy and PostgreSQL for one test executable (deploy/servers), gone when this is.
//
// Make one in a testing::Environment. What cannot be started is a failed test, never a skipped one.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace teal::test {

class Servers {
 public:
  // Throws std::runtime_error with the output of deploy/servers when they do not start.
  explicit Servers(std::vector<std::string> options = {"--private"});
  ~Servers();
  Servers(const Servers&) = delete;
  Servers& operator=(const Servers&) = delete;

  // A value of `deploy/servers env`, such as DOCKER_HOST. Throws std::out_of_range.
  [[nodiscard]] std::string value(const std::string& name) const;
  // `deploy/servers COMMAND DIR ARGUMENT…`; its output. Throws when it fails.
  std::string run(const std::string& command, const std::vector<std::string>& arguments = {});
  // A folder below /tmp that everybody may pass through.
  [[nodiscard]] const std::string& folder() const { return folder_; }

  // An image with busybox as /bin/sh and its applets. `options`: of docker import ("-c", "CMD …").
  void import_busybox(const std::string& reference, const std::vector<std::string>& options = {});

 private:
  void read_environment();

  std::string folder_;
  std::map<std::string, std::string> values_;
};

// Runs a program and returns its output, standard error included. Throws when it fails.
std::string run_program(const std::vector<std::string>& command);

}  // namespace teal::test
