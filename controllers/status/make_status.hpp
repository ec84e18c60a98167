// Records and an observation → what users are told. Pure.
#pragma once

#include "controllers/ports/telemetry.hpp"
#include "controllers/rollout/decide.hpp"
#include "controllers/status/status.hpp"

namespace teal::status {

// `before` is the status shown last: a condition that has not changed keeps its transition time.
[[nodiscard]] objects::ApplicationStatus make_status(const records::ApplicationRecord& desired,
                                                     const std::optional<records::RolloutRecord>& record,
                                                     const rollout::Observed& world, const rollout::Why& why,
                                                     const objects::ApplicationStatus& before, Time now);

// The same status when the world could not be observed: `before` with the reason; nothing is claimed anew (O5).
[[nodiscard]] objects::ApplicationStatus unobserved_status(const records::ApplicationRecord& desired,
                                                           const rollout::Why& why,
                                                           const objects::ApplicationStatus& before, Time now);

// What is on record of it cannot be read: nothing is done for it, and `message` says what is to be done.
[[nodiscard]] objects::ApplicationStatus unreadable_status(const records::ApplicationRecord& desired,
                                                           std::string message,
                                                           const objects::ApplicationStatus& before, Time now);

[[nodiscard]] ports::ApplicationGauges make_gauges(const std::optional<records::RolloutRecord>& record,
                                                   const objects::ApplicationStatus& status);

}  // namespace teal::status
