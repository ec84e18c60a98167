// Wall-clock time can be set back, by NTP or by an administrator. Recorded times then lie in the future, and every
// delay that counts from one of them would wait until that time comes again. So these times are set to now.
//
// There is no monotonic clock, because everything around a rollout is dated by wall-clock time: starts and exits of
// containers, windows, what people read. A clock that ran ahead by itself, or stood still until wall-clock time caught
// up, would fail replicas for time that never passed, or freeze every deadline for as long as the clock was wrong (a
// year, if it was a year ahead for a minute). What operators can expect instead: after a step back, work in progress
// continues within its usual times, counted afresh; after a step forward, delays end at once (a drain, a grace period,
// `keepOld`), but no progress deadline and no bake does, since nobody observed anything during that time
// (`skip_unobserved`).
#pragma once

#include "controllers/records/record.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::rollout {

// Moves every time that delays or deadlines count from, and that has not come yet, to `now`.
void clamp_to_now(records::RolloutRecord& record, Time now);
// Answers of databases count as of now at the latest, and grow old from there.
void clamp_to_now(DatabaseSeen& seen, Time now);

// The deadline for progress does not run while nobody looks, and a bake begins again.
void skip_unobserved(records::RolloutRecord& record, Duration unobserved, Time now);

}  // namespace teal::rollout
