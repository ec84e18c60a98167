// A story: the fleet, what users and operators do when, and which faults there are. All of it comes from one seed; a
// smaller one is the same story with parts taken out.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/requests/control.hpp"
#include "manifests/spec/application.hpp"
#include "tests/simulation/fault.hpp"

namespace teal::simulation {

struct Step {
  enum class Kind {
    Spec,     // the manifest is saved, or applied through the API
    Invalid,  // a manifest that the admission refuses
    Verb,
    Delete,
    Rotate,  // the password of its application user is another one
  };
  int number = 0;  // in the whole story
  Duration at{};
  std::string application;
  Kind kind = Kind::Spec;
  spec::Application spec;
  records::Verb verb = records::Verb::Retry;
  std::optional<int> to_revision;  // Rollback only
};

// What is wrong with a version for as long as the faults last: with each of its containers, every time.
enum class Flaw { NeverHealthy, CrashesSoon, MigrationFails, ManyErrors, LeaksCredential };

struct Member {
  spec::Application first;
  bool by_file = true;
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<Member> fleet;
  std::vector<Step> steps;  // in the order of time
  Faults::Weights faults;
  Duration calm{};         // without faults at first, for an installation to have something to lose
  Duration lasts{};        // until the faults are over
  bool talkative = false;  // what jobs print and health checks answer repeats the secrets that they were given
  bool plain = false;      // made without databases, for whoever wants to hear it again
  // Wide stories only.
  bool wide = false;
  std::map<std::pair<std::string, std::string>, Flaw> flaws;  // by application and version
  std::set<std::string> taken_names;                          // containers of strangers, until the faults are over
  std::pair<Duration, Duration> prometheus_away;              // from, to
};

[[nodiscard]] Scenario make_scenario(std::uint64_t seed);
// … without what databases, post-deployment steps, hooks and changed secrets can do to it.
[[nodiscard]] Scenario make_plain_scenario(std::uint64_t seed);
// Two of three get those.
[[nodiscard]] Scenario with_databases(Scenario plain);
// The same story with more in it: vendors' rules, analysis, versions that are broken as such, rollbacks to chosen
// revisions, strangers with names like ours.
[[nodiscard]] Scenario widened(Scenario story);
[[nodiscard]] std::string to_text(const Step& step);

}  // namespace teal::simulation
