// The world is newer than what is remembered: the store was lost, or restored from a backup made before the newest
// rollout, while its containers serve on. What serves is then taken for what it is, before anything is changed.
//
// What proves it: a container of a revision that is not on record, since nothing of a revision is made before its
// rollout is on record (O3); or a replica of a revision whose migration is not over on record (M2). Pure.
#pragma once

#include <optional>

#include "controllers/rollout/decide.hpp"

namespace teal::rollout {

[[nodiscard]] bool is_newer_than(const std::optional<records::RolloutRecord>& record, const Observed& world);

// A record in which what serves is the active revision: the very one that is wanted when its version and image are
// those of the spec in force, whose migration has then been done (M2); else one that is told by its containers, as far
// as they tell. Without a memory of its own, what is wanted is rolled out from there. With an older one, the spec on
// record may be as old: then only one that was saved since is rolled out. No action is decided on. Where a load
// balancer says nothing, or a migration is under way that nobody knows of, there is no record yet.
[[nodiscard]] Decision adopt_world(const records::ApplicationRecord& desired,
                                   const std::optional<records::RolloutRecord>& record, const Observed& world,
                                   Time now);

}  // namespace teal::rollout
