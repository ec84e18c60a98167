// The image of a rollout's target, for one pass.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <vector>

#include "controllers/ports/ports.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::reconcile {

// What the target is made of, as the engine has it now; none: it is not there. A rollback wants the very image that ran
// then.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<world::Image>>> observe_image(
    ports::Engine& engine, const records::RolloutRecord& record);

// Gives containers of a revision the image id that is on record of it, where the engine calls that very image (by its
// digest) otherwise by now: its image store was replaced by one with ids of another kind.
[[nodiscard]] boost::asio::awaitable<Result<void>> recognise_images(ports::Engine& engine,
                                                                    std::vector<const records::Revision*> revisions,
                                                                    std::vector<world::Container>& containers);

// How far its pull is, and whether a signature is still to be verified. `world.image` is known by now.
void observe_pull(const ports::Ports& ports, const ports::Engine& engine, const records::RolloutRecord& record,
                  rollout::Observed& world);

}  // namespace teal::reconcile
