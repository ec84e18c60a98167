// The problems found so far, and the checks that many rules share.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/application.hpp"
#include "manifests/validate/validate.hpp"

namespace teal::rules {

class Rules {
 public:
  void problem(std::string path, std::string message, std::string because = {}) {
    problems_.push_back({std::move(path), std::move(message), std::move(because)});
  }
  void require(bool good, const std::string& path, std::string_view message) {
    if (!good) problem(path, std::string{message});
  }
  void range(int value, int least, int most, const std::string& path);
  void duration(Duration value, Duration least, const std::string& path);
  void count(std::size_t size, std::size_t most, const std::string& path);

  void environment(const spec::Environment& environment, const std::string& path);
  void source(const spec::ValueSource& source, const std::string& path);
  void command(const std::vector<std::string>& command, const std::string& path);
  void mounts(const std::vector<spec::Mount>& mounts, const std::string& path);

  [[nodiscard]] std::vector<Problem> take() { return std::move(problems_); }

 private:
  std::vector<Problem> problems_;
};

// A list of jobs and where it stands: "spec.migration.jobs", "spec.hooks.onRollback".
struct JobList {
  std::string path;
  const std::vector<spec::Job>* jobs;
};
[[nodiscard]] std::vector<JobList> job_lists(const spec::ApplicationSpec& spec);

// `path`: of the security itself.
void validate_security(const spec::Security& security, const std::string& path, Rules& rules);
void validate_component(const spec::Component& component, const std::string& path, Rules& rules);
void validate_migration(const spec::ApplicationSpec& spec, Rules& rules);
void validate_rollout(const spec::ApplicationSpec& spec, Rules& rules);
// C1: nothing that only a migration job may have is given to a serving container.
void validate_credentials(const spec::ApplicationSpec& spec, Rules& rules);

}  // namespace teal::rules
