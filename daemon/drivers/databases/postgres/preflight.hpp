// Checks a database with both of its users. Leaves no permanent change.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <vector>

#include "controllers/ports/database.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::postgres {

struct InspectOptions {
  bool strict = false;  // an application user who can change the schema blocks
  std::chrono::milliseconds deadline{15000};
  std::chrono::seconds long_transaction{60};
};

[[nodiscard]] boost::asio::awaitable<Result<std::vector<objects::Finding>>> inspect(runtime::BlockingPool& pool,
                                                                                    ports::DatabaseAccess access,
                                                                                    InspectOptions options);

}  // namespace teal::postgres
