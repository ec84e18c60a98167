// A failure that old and new replicas share is not the new version's fault: rolling back would not fix it.
#pragma once

#include "controllers/rollout/pass.hpp"
#include "controllers/rollout/replicas/replicas.hpp"

namespace teal::rollout {

// True while the rollout has to wait for a dependency that old and new replicas share: they fail their health check at
// the same time, or the old ones have not been asked yet since the new ones began to. Nothing is held against the new
// version before its startup time has gone by since then, and no deadline runs. `broken`: what it would be given up
// for.
[[nodiscard]] bool held_for_dependency(Pass& pass, const std::optional<Trouble>& broken);

// Replicas of the old revision, which there is, have ended as well, just now.
[[nodiscard]] bool old_have_ended(const Pass& pass);

// True when the phase has to stop here: the rollout was given up, or waits for a shared dependency.
[[nodiscard]] bool stopped_by(Pass& pass, const FleetReport& target);

}  // namespace teal::rollout
