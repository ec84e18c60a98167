// The image of a rollout's target, for one pass.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "controllers/ports/ports.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::reconcile {

// What names the target's image, the best first. A rollback wants the very image that ran then.
[[nodiscard]] std::vector<std::string> image_references(const records::RolloutRecord& record);

// What the first of these that the engine has names now; none: it has none of them.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<world::Image>>> observe_image(
    ports::Engine& engine, std::vector<std::string> references);

// Gives containers of a revision the image id that is on record of it, where the engine calls that very image (by its
// digest) otherwise by now: its image store was replaced by one with ids of another kind.
[[nodiscard]] boost::asio::awaitable<Result<void>> recognise_images(ports::Engine& engine,
                                                                    std::vector<const records::Revision*> revisions,
                                                                    std::vector<world::Container>& containers);

// How far its pull is, and whether a signature is still to be verified. `world.image` is known by now.
void observe_pull(const ports::Ports& ports, const ports::Engine& engine, const records::RolloutRecord& record,
                  rollout::Observed& world);

}  // namespace teal::reconcile
