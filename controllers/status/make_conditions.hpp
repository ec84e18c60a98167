// The conditions of a status, in Kubernetes' sense: each true, false or unknown, with its reason. Pure.
#pragma once

#include <optional>
#include <vector>

#include "controllers/rollout/decide.hpp"
#include "controllers/status/status.hpp"

namespace teal {

[[nodiscard]] bool all_ready(const ApplicationStatus& status);

[[nodiscard]] std::vector<Condition> conditions_of(const ApplicationRecord& desired,
                                                   const std::optional<RolloutRecord>& record,
                                                   const ApplicationStatus& status, const Why& why);

// "TagMoved", when the active revision's tag names another image by now.
void add_tag_condition(const std::optional<RolloutRecord>& record, const Observed& world,
                       std::vector<Condition>& conditions);

// What is still known when the world cannot be seen: whether it is ready is not.
[[nodiscard]] std::vector<Condition> unobserved_conditions(const ApplicationRecord& desired, const Why& why,
                                                           const ApplicationStatus& before);

// A condition that has not changed keeps the time of its last transition.
void keep_transition_times(std::vector<Condition>& conditions, const ApplicationStatus& before, Time now);

}  // namespace teal
