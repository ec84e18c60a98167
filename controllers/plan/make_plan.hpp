// What a rollout towards a spec would do, step by step. Pure: the same rules as `decide`, told ahead.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/records/record.hpp"
#include "controllers/world/container.hpp"
#include "manifests/api/plan.hpp"

namespace teal {

// Whom a job works as, and on which database.
struct JobTarget {
  std::string user;
  std::string database;
};

// What the plan depends on beyond the records.
struct PlanFacts {
  std::optional<Image> image;         // as the engine has it now; none: it would be pulled
  std::set<std::string> migrated;     // jobs done before for that image
  std::map<std::string, JobTarget> targets;  // by job and hook
  std::vector<RolloutRecord> history;        // newest first
  std::vector<std::string> findings;         // what is known to be in the way
};

[[nodiscard]] Plan make_plan(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record,
                             const PlanFacts& facts, Time now);

}  // namespace teal
