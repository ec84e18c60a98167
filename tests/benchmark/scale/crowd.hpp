// Many applications of two replicas and a worker, and what stands in for their engine and load balancer
// (tests/support/docker_stand_in, haproxy_stand_in), each in its own process, below one folder that goes with this.
#pragma once

#include <string>
#include <vector>

#include "tests/support/process.hpp"
#include "tests/support/rest.hpp"
#include "tests/support/teald_process.hpp"

namespace teal::test {

constexpr int containers_each = 3;

struct CrowdSettings {
  int count = 0;
  std::string program;   // of teald; empty: the one that was built
  std::string interval;  // between two health checks of a settled replica
};

class Crowd {
 public:
  explicit Crowd(CrowdSettings settings);  // writes all manifests
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  [[nodiscard]] int count() const { return settings_.count; }
  [[nodiscard]] static std::string name_of(int number);
  [[nodiscard]] static std::string version_of(int version);  // as the manifest says it
  // As teald.yaml says by itself, or with no bound to how many applications the engine works for at once.
  [[nodiscard]] TealdSettings teald(bool is_bounded) const;
  // Anew: its `version` and the label `change`.
  void write(int number, int version, const std::string& change) const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

  // Of the engine: how many times as long as a real one it takes for everything. 0: it answers at once.
  void pace(double of);
  // How often the engine was asked for this kind of thing, or what it has: "create", "pull", "containers", "running".
  [[nodiscard]] long engine(const std::string& what);
  // Whether each application has its three containers and all of them run.
  [[nodiscard]] bool is_whole();
  // Requests so far of all kinds.
  [[nodiscard]] long engine_requests();
  [[nodiscard]] long balancer_commands() const;

 private:
  std::string folder_;
  CrowdSettings settings_;
  Process engine_;
  Process balancer_;
  Rest engine_api_;
};

}  // namespace teal::test
