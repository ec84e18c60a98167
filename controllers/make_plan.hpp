// What a rollout towards a spec would do, step by step. Pure: the same rules as `decide`, told ahead.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/plan.hpp"
#include "controllers/ports/engine.hpp"
#include "controllers/record.hpp"

namespace teal {

// What the plan depends on beyond the records.
struct PlanFacts {
  std::optional<Image> image;         // as the engine has it now; none: it would be pulled
  std::set<std::string> migrated;     // jobs done before for that image
  std::vector<std::string> findings;  // what is known to be in the way
};

[[nodiscard]] Plan make_plan(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record,
                             const PlanFacts& facts, Time now);

}  // namespace teal
