// The image of a rollout's target, for one pass.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>

#include "controllers/ports/ports.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::reconcile {

// What the target is made of, as the engine has it now; none: it is not there. A rollback wants the very image that ran
// then.
[[nodiscard]] boost::asio::awaitable<Result<std::optional<world::Image>>> observe_image(
    ports::Engine& engine, const records::RolloutRecord& record);

// How far its pull is, and whether a signature is still to be verified. `world.image` is known by now.
void observe_pull(const ports::Ports& ports, const ports::Engine& engine, const records::RolloutRecord& record,
                  rollout::Observed& world);

}  // namespace teal::reconcile
