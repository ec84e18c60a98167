// A clock that is set back makes the past look like the future; whatever counts from then would wait for it to come.
#pragma once

#include "controllers/records/record.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal {

// Moves every time that delays or deadlines count from, and that has not come yet, to `now`. The deadline for progress
// does not run while nobody looks.
void live_in_the_present(RolloutRecord& record, Time now, Duration unobserved);
// Answers of databases count as of now at the latest, and grow old from there.
void live_in_the_present(DatabaseSeen& seen, Time now);

}  // namespace teal
