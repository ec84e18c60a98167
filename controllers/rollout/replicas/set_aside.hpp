// A replica that fails its own health check while another of its component is well takes no traffic meanwhile, whatever
// its load balancer's check says: that may be of layer 4, and what hangs still accepts connections.
#pragma once

#include <string>

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// For one that is unhealthy: takes its server out of traffic, and says so in an event. True while it is kept out. That
// another is well must have been seen since this one began to fail: when all fail, what they share is to blame, and
// nothing is taken out; what was out before gets its traffic back, since none is better than another (T1).
bool set_aside(Pass& pass, const spec::Component& component, const world::Container& container,
               const std::string& replica);

// For one that answers again: true while it is kept out, since it has not been well for as long as a new one has to be.
bool still_aside(Pass& pass, const spec::Component& component, const world::Container& container,
                 const std::string& replica);

// It was set aside, and its traffic was given back although it still fails.
[[nodiscard]] bool is_given_back(const Pass& pass, const world::Container& container);

}  // namespace teal::rollout
