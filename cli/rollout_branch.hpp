// One rollout as a branch of the tree: its phases done, now and to come, its migration jobs, its traffic.
#pragma once

#include "cli/presentation/tree.hpp"
#include "cli/views.hpp"

namespace teal::cli {

[[nodiscard]] Branch rollout_branch(const RolloutView& rollout, Time now, bool wide, const Screen& screen);

}  // namespace teal::cli
