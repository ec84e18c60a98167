// Side effects that really happened, and why there were more of them than a story without faults needs.
#pragma once

#include <string>
#include <vector>

namespace teal::simulation {

struct EffectCounts {
  int created = 0;
  int replicas_started = 0;
  int migrations_started = 0;  // hooks too
  int signals = 0;
  int removed = 0;
  int servers_added = 0;
  int servers_removed = 0;

  // Replicas that were started: for the first time, or once more under the same name because …
  int first_starts = 0;
  int after_end = 0;      // … the container before ended by itself, was removed by somebody, or never ran
  int after_illness = 0;  // … it was stopped because it was not well
  int after_turn = 0;     // … it was stopped because something else was wanted then
  int after_blur = 0;     // … a call took effect late or twice
  // Attempts that were started, of a migration for an image or of a rollout's hook: the first, and more after one that
  // did not succeed.
  int first_attempts = 0;
  int more_attempts = 0;
  int job_signals = 0;       // to migrations, whose time was over
  int repeated_signals = 0;  // to one container: nobody could know of the first

  bool operator==(const EffectCounts&) const = default;
  EffectCounts& operator+=(const EffectCounts& more);
};

// What a story with faults had more of than the same story without has, and what no cause explains. `standing`:
// replicas that ran in the end and were not asked to stop.
[[nodiscard]] std::vector<std::string> unexplained(const EffectCounts& calm, int calm_standing,
                                                   const EffectCounts& disturbed, int disturbed_standing);
// Both, with the causes, for people.
[[nodiscard]] std::string compared(const EffectCounts& calm, const EffectCounts& disturbed);

}  // namespace teal::simulation
