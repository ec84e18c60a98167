// A rollout by its name in a path.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>

#include "controllers/records/record.hpp"
#include "daemon/api/services.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::api {

// The application that a rollout of this name is of; empty when it is no such name.
[[nodiscard]] std::string application_of_rollout(const std::string& name);

// Errors: not_found, naming it; those of the store.
[[nodiscard]] boost::asio::awaitable<Result<records::RolloutRecord>> find_rollout(Services& services, std::string name);

}  // namespace teal::api
