// When a rollout begins, and what it is for.
#pragma once

#include "controllers/rollout/decide.hpp"

namespace teal {

// Another spec than what runs, or other values for it.
[[nodiscard]] bool needs_revision(const Revision& runs, const ApplicationRecord& desired);

// The last rollout has ended: does the spec ask for another one?
[[nodiscard]] bool wants_rollout(const ApplicationRecord& desired, const RolloutRecord& ended);

// The target becomes what is wanted, or the next stop on the way there.
void take_hop(RolloutRecord& record, const Application& wanted);

// The rollout after `before` (none: the first one): back where somebody wants it, else towards the spec in force.
[[nodiscard]] RolloutRecord next_rollout(const ApplicationRecord& desired, const std::optional<RolloutRecord>& before,
                                         Time now);
// Puts it on record; nothing is done in the world yet.
[[nodiscard]] Decision begin(RolloutRecord fresh, Time now);

}  // namespace teal
