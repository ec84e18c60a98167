// The clock on the wall may be set back, by NTP or by somebody who mends it: then what is on record lies in the future,
// and whatever counts from there would wait for that time to come once more. So it counts from now.
//
// There is no clock that never goes back, because a rollout lives among things that the wall's clock dates: starts and
// ends of containers, windows, what people read. One that ran on by itself, or stood still until the wall has caught
// up, would fail replicas for time that never was, or freeze every deadline for as long as the clock was wrong (a year,
// if it was that for a minute). What an operator can expect instead: after a step back what is under way goes on within
// its usual times, counted anew; after a step forward delays end at once (a drain, a grace, `keepOld`), but no deadline
// for progress and no bake does, since in that time nobody has looked (`skip_unobserved`).
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
