// The two revisions of a rollout side by side: keeping the old one, checking progress of the new one, making room.
#pragma once

#include <functional>

#include "controllers/rollout/pass.hpp"
#include "controllers/rollout/replicas/replicas.hpp"

namespace teal::rollout {

// Of another revision than the one that is rolled out.
[[nodiscard]] inline bool is_old(const Pass& pass, const world::Container& container) {
  return container.revision != pass.next.course.target.number;
}

// Replacements of one replica before its exits say something of the new revision, while it comes up.
inline constexpr int exits_while_starting = 2;

// Keeps the revision that serves complete, as long as the phase wants it (L4); empty when there is none or it may go.
FleetReport keep_old(Pass& pass, bool with_stop_first);

// How the target is brought up: a replica of it that exits more than `allowed_exits` times is a failure as long as
// there is a way back, and simply replaced once there is none.
[[nodiscard]] BringUp target_in(const Pass& pass, bool registered, int allowed_exits);

[[nodiscard]] bool complete(const FleetReport& report);

// A newer spec that needs another revision waits for this rollout to end.
[[nodiscard]] bool is_overtaken(const Pass& pass);

// Disposes of what `which` picks; true when there is none. Where old and new never run together, the one has to leave
// before the other comes; elsewhere what serves stays until `may_drain` (T1).
bool make_way(Pass& pass, bool may_drain, const std::function<bool(const world::Container&)>& which);

}  // namespace teal::rollout
