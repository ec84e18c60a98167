// The conditions of a status, in Kubernetes' sense: each true, false or unknown, with its reason. Pure.
#pragma once

#include <optional>
#include <vector>

#include "controllers/rollout/decide.hpp"
#include "controllers/status/status.hpp"

namespace teal::status {

[[nodiscard]] bool all_ready(const objects::ApplicationStatus& status);

[[nodiscard]] std::vector<objects::Condition> conditions_of(const records::ApplicationRecord& desired,
                                                            const std::optional<records::RolloutRecord>& record,
                                                            const objects::ApplicationStatus& status,
                                                            const rollout::Why& why);

// "TagMoved", when the active revision's tag names another image by now.
void add_tag_condition(const std::optional<records::RolloutRecord>& record, const rollout::Observed& world,
                       std::vector<objects::Condition>& conditions);

// Whether the certificates of its routes' hosts end soon; nothing where there are none.
void add_certificate_condition(const rollout::Observed& world, Time now, std::vector<objects::Condition>& conditions);

// "LeftBehind", when containers have ended, or are out of traffic, and the engine cannot remove them.
void add_left_behind_condition(const rollout::Observed& world, std::vector<objects::Condition>& conditions);

// What is still known when the world cannot be seen: whether it is ready is not.
[[nodiscard]] std::vector<objects::Condition> unobserved_conditions(const records::ApplicationRecord& desired,
                                                                    const rollout::Why& why,
                                                                    const objects::ApplicationStatus& before);

// A condition that has not changed keeps the time of its last transition.
void keep_transition_times(std::vector<objects::Condition>& conditions, const objects::ApplicationStatus& before,
                           Time now);

}  // namespace teal::status
