// What a rollout needs before anything is changed, as others look at it.
#pragma once

#include <cstdint>
#include <string>

#include "controllers/records/record.hpp"
#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

// Below that no rollout begins, and a plan says so; below `little_room` it says that it is little.
inline constexpr std::uint64_t least_room = 64 << 20;
inline constexpr std::uint64_t little_room = 1 << 30;

// "the engine has 12 MB left for images and containers: …", with what makes room.
[[nodiscard]] std::string room_text(std::uint64_t bytes);

// What the very image of a revision can be pulled by: "registry/shop@sha256:…"; empty when it cannot: no registry's
// digest, or pullPolicy Never.
[[nodiscard]] std::string recorded_reference(const records::Revision& revision);

// What Preparing found is looked at again after a wait of any length: the pinned image, which is pulled anew by its
// digest when it is gone, the load balancers and the databases. Until that is true it has said what it waits for, or
// given the rollout up.
[[nodiscard]] bool is_still_prepared(Pass& pass);

}  // namespace teal::rollout
