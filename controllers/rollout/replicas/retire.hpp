// Ends containers: one stop signal, its grace period, then removal with the output kept.
#pragma once

#include <functional>
#include <string>

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Decides on the one stop signal of a running container, and on sending it again only when the engine has no record of
// it: a second one kills some applications at once. Returns the moment from which its grace counts.
Time send_stop(Pass& pass, const world::Container& container, const std::string& signal);

// True once the container is gone from the engine. Call only when `withdraw` has let go of it.
void retire(Pass& pass, const world::Container& container);

// It has ended and no load balancer has it, and the engine has refused again and again to remove it. Nothing waits for
// it any more; its removal is tried on.
[[nodiscard]] bool is_left_behind(const Observed& world, const world::Container& container);

// It still runs, out of traffic, since the engine can neither signal nor kill it.
[[nodiscard]] bool cannot_be_ended(const Observed& world, const world::Container& container);

// The engine's words about a removal or a stop that fails; empty: none does.
[[nodiscard]] std::string why_it_stays(const Observed& world, const world::Container& container);

// Says in one event which containers that `which` picks are left behind, with what a person can do.
void tell_left_behind(Pass& pass, const std::function<bool(const world::Container&)>& which);

// Withdraws and retires every serving container that `which` picks; true when there is none left to wait for.
bool dispose(Pass& pass, bool may_drain, const std::function<bool(const world::Container&)>& which);

// Removes ended and never-started job containers of revisions that need them no more.
void remove_ended_jobs(Pass& pass, const std::function<bool(const world::Container&)>& which);

}  // namespace teal::rollout
