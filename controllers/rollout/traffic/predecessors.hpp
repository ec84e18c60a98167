// What ran before Teal and is named by `adopt`: the fallback while a first installation is verified.
//
// It is as an old revision that nobody has on record: it keeps its traffic until the first revision is verified, is
// drained then, and stopped only where the manifest says so. A first installation that fails has not touched it.
//
// Servers of a load balancer that people configure stand there already. Behind one that Teal keeps the containers are
// given servers of their own, before anything else is changed, so that clients may be led there at any time.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// What the manifest names is there and can be the fallback, and serves where Teal has to see to that; else it has said
// what it waits for.
[[nodiscard]] bool adoption_fits(Pass& pass);

// Drains them and takes them out; true once no load balancer sends them anything.
bool withdraw_predecessors(Pass& pass, bool may_drain);

// Ends their containers where the manifest says so; true once that is done, or nothing is to be done.
bool stop_predecessors(Pass& pass);

// In every phase: those that are the fallback keep their servers, those that are out stay out, whatever a reload brings
// back.
void mind_predecessors(Pass& pass);

// The application is deleted: what Teal itself has added for them goes.
void forget_predecessors(Pass& pass);

}  // namespace teal::rollout
