// One Action → the port calls that carry it out. Their results are reported but not trusted: the next pass observes.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "controllers/ports/ports.hpp"
#include "controllers/records/kept_log.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/action.hpp"

namespace teal::reconcile {

// `record` is what was committed before: the revisions that the action speaks of. Errors begin with the action's key.
[[nodiscard]] boost::asio::awaitable<Result<void>> perform(const ports::Ports& ports,
                                                           const records::RolloutRecord& record,
                                                           rollout::Action action);

}  // namespace teal::reconcile
