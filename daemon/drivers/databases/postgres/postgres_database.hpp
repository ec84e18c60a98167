// Lock, ledger and preflight on PostgreSQL, with libpqxx on a thread pool.
#pragma once

#include <memory>

#include "controllers/ports/database.hpp"
#include "controllers/ports/telemetry.hpp"

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::postgres {

struct PostgresOptions {
  ports::Telemetry* telemetry = nullptr;      // may be null
  std::chrono::milliseconds deadline{15000};  // of one call once it is connected
  std::chrono::seconds long_transaction{60};  // from when on preflight names it
};

// `pool` and the telemetry outlive it. A thread of the pool is held for no longer than a call's deadline.
[[nodiscard]] std::unique_ptr<ports::Database> make_postgres(runtime::BlockingPool& pool, PostgresOptions options);

}  // namespace teal::postgres
