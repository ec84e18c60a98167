// A rollout that ended badly, in three lines: what happened, what is now, what to do. Put together from the API's
// fields; the application's message says the same in one paragraph.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/views.hpp"

namespace teal::cli {

struct FailureLines {
  std::string happened;
  std::string now;
  std::string to_do;
};

// None unless the latest rollout is what the application's message tells of, and it was rolled back or failed.
[[nodiscard]] std::optional<FailureLines> failure_lines(const ApplicationView& application,
                                                        const std::optional<RolloutView>& rollout);

}  // namespace teal::cli
