// Records and an observation → what users are told. Pure.
#pragma once

#include "controllers/ports/telemetry.hpp"
#include "controllers/rollout/decide.hpp"
#include "controllers/status/status.hpp"

namespace teal {

// `before` is the status shown last: a condition that has not changed keeps its transition time.
[[nodiscard]] ApplicationStatus make_status(const ApplicationRecord& desired,
                                            const std::optional<RolloutRecord>& record, const Observed& world,
                                            const Why& why, const ApplicationStatus& before, Time now);

// The same status when the world could not be observed: `before` with the reason; nothing is claimed anew (O5).
[[nodiscard]] ApplicationStatus unobserved_status(const ApplicationRecord& desired, const Why& why,
                                                  const ApplicationStatus& before, Time now);

// What is on record of it cannot be read: nothing is done for it, and `message` says what is to be done.
[[nodiscard]] ApplicationStatus unreadable_status(const ApplicationRecord& desired, std::string message,
                                                  const ApplicationStatus& before, Time now);

[[nodiscard]] ApplicationGauges make_gauges(const std::optional<RolloutRecord>& record,
                                            const ApplicationStatus& status);

}  // namespace teal
