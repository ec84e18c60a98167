// What `teal wait` waits for, and whether it has been reached: decided from API responses, without I/O.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/views.hpp"

namespace teal::cli {

struct Goal {
  enum class Kind {
    Rollout,      // the latest rollout's phase; one that it has passed counts
    Application,  // the application's phase
    Condition,    // one of the application's conditions
    Deleted,      // the application is gone
  };
  Kind kind = Kind::Rollout;
  std::string name = "Complete";
  std::string status = "True";            // Condition only
  std::optional<std::string> to_version;  // Rollout only: not before the latest rollout is to this version
};

// "Complete", "Healthy", "Deleted", "condition=Ready", "condition=Ready=False"; case matters.
[[nodiscard]] std::optional<Goal> goal_named(std::string_view text);

// All that do not need "condition=".
[[nodiscard]] std::span<const std::string_view> goal_names();

struct Verdict {
  enum class Kind {
    Reached,
    NotYet,
    Settled,  // reached, if it stays like this for a second: no rollout seems to be needed
    Stuck,    // lost, if it stays like this for some seconds
    Lost,     // waiting longer is pointless
  };
  Kind kind = Kind::NotYet;
  std::string message;  // where it is: "generator-7 Starting: waiting for …"
};

// `rollout` is the one that application.rollout names, when there is one.
[[nodiscard]] Verdict judge(const Goal& goal, const ApplicationView& application,
                            const std::optional<RolloutView>& rollout);

}  // namespace teal::cli
