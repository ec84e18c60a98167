// One rollout as a branch of the tree: its phases done, now and to come, its migration jobs, its traffic.
#pragma once

#include <string>

#include "cli/presentation/tree.hpp"
#include "cli/views.hpp"

namespace teal::cli {

// `said` stands above it already, and is not said again.
[[nodiscard]] Branch rollout_branch(const RolloutView& rollout, const std::string& said, Time now, bool wide,
                                    const Screen& screen);

}  // namespace teal::cli
