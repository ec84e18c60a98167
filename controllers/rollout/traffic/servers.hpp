// A replica's servers in the load balancers: into traffic, and out of it.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Brings the container's server nearer to taking traffic; true once it does, under the container's present address.
// `may_add` false: only fixes what is registered already.
bool register_server(Pass& pass, const spec::Component& component, const world::Container& container,
                     const std::string& replica, bool may_add);

// Whether each load balancer's own check of what serves comes to the end that teald's does. While it does not, a new
// revision's servers would not come up either: that is found before anything is migrated.
[[nodiscard]] bool checks_agree(Pass& pass);

// What a load balancer's check of what serves comes to while teald's own is healthy, and what would make it ask the
// same; empty: they agree, or the wanted spec asks something else.
[[nodiscard]] std::string disagreement_of_checks(const Observed& world, const spec::ApplicationSpec& serving,
                                                 const spec::ApplicationSpec& wanted);

// Takes a container's servers out of every load balancer: drain, wait for its sessions or the drain time, remove. True
// once none is left and every load balancer that may have one has answered (T3). `may_drain` false keeps a server that
// takes traffic in it.
bool withdraw(Pass& pass, const world::Container& container, bool may_drain);

// The same steps for a server of what ran before Teal, and whether nothing of it is under way out of sight any more.
void withdraw_predecessor(Pass& pass, const LocatedServer& located, Duration limit, bool may_drain);
[[nodiscard]] bool is_predecessor_drained(Pass& pass, const BackendView& view, const std::string& name, Duration limit);

// Whether no server of ours is left in the backends that nobody will look at any more: all but those that `remaining`
// (none: nothing remains) uses.
[[nodiscard]] bool clear_of_servers(Pass& pass, const spec::ApplicationSpec* remaining);

// Removes servers of ours behind which nothing runs (T5): their port may soon belong to somebody else.
void remove_dead_servers(Pass& pass);

}  // namespace teal::rollout
