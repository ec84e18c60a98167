// `teal status`: one application as a tree: rollout with its phases, revision → component → replica.
#pragma once

#include <optional>

#include "cli/presentation/tree.hpp"
#include "cli/views.hpp"

namespace teal::cli {

// `wide` adds addresses, times and the image. `now` is what running phases are counted to.
[[nodiscard]] Branch status_tree(const ApplicationView& application, const std::optional<RolloutView>& rollout,
                                 Time now, bool wide, const Screen& screen);

}  // namespace teal::cli
