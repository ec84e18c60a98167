// When a rollout starts, and what its target is.
#pragma once

#include "controllers/rollout/decide.hpp"

namespace teal::rollout {

// Another spec than what runs, or other values for it.
[[nodiscard]] bool needs_revision(const records::Revision& runs, const records::ApplicationRecord& desired);

// The last rollout has ended: does the spec ask for another one?
[[nodiscard]] bool wants_rollout(const records::ApplicationRecord& desired, const records::RolloutRecord& ended);

// The target becomes what is wanted, or the next stop on the way there.
void take_hop(records::RolloutRecord& record, const spec::Application& wanted);

// The rollout after `before` (none: the first one): back where somebody wants it, else towards the spec in force.
[[nodiscard]] records::RolloutRecord next_rollout(const records::ApplicationRecord& desired,
                                                  const std::optional<records::RolloutRecord>& before, Time now);
// Puts it on record; nothing is done in the world yet.
[[nodiscard]] Decision begin(records::RolloutRecord fresh, Time now);

}  // namespace teal::rollout
