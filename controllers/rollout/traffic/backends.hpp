// Whether load balancers can take the target's servers, as far as that can be seen before any is added: what is wrong
// there has to be known before a migration, which cannot be taken back.
#pragma once

#include <optional>

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Some revision of it is behind a load balancer.
[[nodiscard]] bool is_balanced(const records::RolloutRecord& record);

// Why no server can serve in this backend now; none: nothing is known to be in the way.
[[nodiscard]] std::optional<Why> what_is_wrong_with(const BackendView& view);

// True when nothing is in the way in any backend of the target; else it has said what it waits for.
[[nodiscard]] bool backends_fit(Pass& pass);

// Says in one event each what is set in those backends and does not hold for servers that are added at run time.
void tell_remarks(Pass& pass);

}  // namespace teal::rollout
