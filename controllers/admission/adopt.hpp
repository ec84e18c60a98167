// Adopts what is running when the newest rollout on record cannot be read and a manifest has been saved again. Pure.
#pragma once

#include <vector>

#include "controllers/records/record.hpp"
#include "controllers/records/unreadable.hpp"
#include "controllers/world/container.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::admission {

struct AdoptionFacts {
  std::vector<records::UnreadableRollout>
      unreadable;                               // newest first; not empty, and the first is the newest of all rollouts
  std::vector<records::RolloutRecord> history;  // what can be read
  std::vector<world::Container> containers;     // all of the application's
};

// An ended rollout in the place of the newest one: its active revision is the one that runs, so that the next pass goes
// from there to the spec in force. Only where that is certain: one revision serves, its spec is on record, its
// containers were made from the recorded image, and no migration job may have run unnoticed. Where nothing is left it
// has no active revision. Errors: conflict, with what a person has to do.
[[nodiscard]] Result<records::RolloutRecord> adopted(const records::ApplicationRecord& desired,
                                                     const AdoptionFacts& facts, Time now);

}  // namespace teal::admission
