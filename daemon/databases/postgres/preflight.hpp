// A database looked at with both of its users. Nothing that stays is changed.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <vector>

#include "controllers/ports/database.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::postgres {

[[nodiscard]] boost::asio::awaitable<Result<std::vector<DatabaseFinding>>> inspect(BlockingPool& pool,
                                                                                   DatabaseAccess access, bool strict,
                                                                                   std::chrono::milliseconds deadline);

}  // namespace teal::postgres
