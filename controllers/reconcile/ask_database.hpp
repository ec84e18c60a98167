// Executes one request of a pass to a migration job's database, and leaves the result where the next pass finds it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "controllers/ports/ports.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/action.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::reconcile {

// `seen` outlives the call. A view that could not be had anew is forgotten: nothing is known of the lock then.
[[nodiscard]] boost::asio::awaitable<Result<void>> ask_database(const ports::Ports& ports,
                                                                records::RolloutRecord record,
                                                                rollout::AskDatabase action,
                                                                rollout::DatabaseSeen& seen);

// Just before a job's container is started: teald holds the lock of its database at this very moment. Success for
// everything else. Errors: conflict when it does not.
[[nodiscard]] boost::asio::awaitable<Result<void>> confirm_lock(const ports::Ports& ports,
                                                                const records::RolloutRecord& record,
                                                                std::string container);

}  // namespace teal::reconcile
