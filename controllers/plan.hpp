// What a rollout would do, before anything happens (`teal plan`).
#pragma once

#include <string>
#include <vector>

#include "manifests/diff.hpp"

namespace teal {

struct PlanStep {
  std::string phase;    // "Migrating"
  std::string action;   // "RunMigration", "StartReplica", "AddServer", "DrainServer", "StopReplica", …
  std::string object;   // "teal-shop-default-r7-1", "server teal-shop-api-r7-0 in backend shop_api of edge"
  std::string message;  // a sentence
};

struct Plan {
  std::string application;
  std::string from_version;  // empty on first installation
  std::string to_version;
  int revision = 0;     // that the rollout would have; 0 when there is nothing to roll out
  std::string summary;  // "2025.2.0 → 2025.2.1: 1 migration job, 3 replicas to start, 3 to stop"
  std::vector<FieldChange> changes;
  std::vector<PlanStep> steps;
  std::vector<std::string> findings;  // what would block or surprise
};

}  // namespace teal
