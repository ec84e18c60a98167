// What a rollout would do, before anything happens (`teal plan`).
#pragma once

#include <string>
#include <vector>

#include "manifests/diff.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

struct PlanStep {
  std::string phase;    // "Migrating"
  std::string action;   // "RunMigration", "StartReplica", "AddServer", "DrainServer", "StopReplica", …
  std::string object;   // "teal-shop-default-r7-1", "server teal-shop-api-r7-0 in backend shop_api of edge"
  std::string message;  // a sentence
};

// A migration job or a hook.
struct PlanJob {
  std::string job;
  std::string point;      // "BeforeStart", "AfterCutover"; of a hook "beforeMigration" …
  bool is_hook = false;
  bool required = true;   // its failure stops the rollout
  bool needed = true;     // false: done before for this image, or there is no migration that the hook belongs to
  std::string container;  // of its first attempt
  std::string command;    // secrets in it masked
  std::string user;       // of the database; empty: the job does not say
  std::string database;   // "generator at db.internal:5432"; empty: the job does not say
  std::vector<std::string> credentials;  // names of the variables that only it gets
  std::string done;                      // when and by which revision it was done before; empty: it was not
};

struct PlanPolicy {
  bool allowed = true;
  std::string strategy;  // "BlueGreen" or "Recreate", when allowed
  std::string message;   // which rule says so, and what to do when it is not allowed
};

struct PlanDuration {
  std::string phase;
  Duration took{};
};

struct Plan {
  std::string application;
  std::string from_version;  // empty on first installation
  std::string to_version;
  int revision = 0;     // that the rollout would have; 0 when there is nothing to roll out
  std::string summary;  // "2025.2.0 → 2025.2.1: 1 migration job, 3 replicas to start, 3 to stop"
  std::vector<FieldChange> changes;
  std::vector<PlanStep> steps;
  PlanPolicy policy;
  std::vector<std::string> way;  // the versions of all rollouts to come, with hops: Automatic; else only to_version
  std::vector<PlanJob> jobs;     // in the order in which they run
  int timed_revision = 0;        // whose rollout `last_time` is of; 0: none has completed yet
  std::vector<PlanDuration> last_time;
  std::vector<std::string> findings;  // what would block or surprise
};

}  // namespace teal
