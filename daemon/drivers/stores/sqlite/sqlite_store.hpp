// Teal's persistent state in one SQLite file: WAL, synchronous=FULL, one writer, schema from migrations/sqlite.
//
// One daemon per file: `<path>.lock` is held for the lifetime of the store, and the kernel releases it with the
// process. Growth is bounded: the newest 100 rollouts of an application with their logs, 5,000 events per application
// and 100,000 in all, logs by LogLimits (each when written, their total by `prune_logs`), 1,000 records of migrated
// jobs per application, 1,000 settled notices per webhook.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>
#include <string>

#include "controllers/ports/store.hpp"
#include "daemon/drivers/stores/log_limits.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::sqlite {

// `pool` has one thread, serves this store alone and outlives it. Creates the file (mode 0600), not its folder.
// Errors: conflict (another daemon has it, or a newer release wrote it), not_found (the folder), denied, invalid (no
// database of Teal's), unavailable (disk full, damaged); each names the path and what to do.
[[nodiscard]] boost::asio::awaitable<Result<std::unique_ptr<ports::Store>>> open_sqlite_store(
    runtime::BlockingPool& pool, std::string path, stores::LogLimits limits = {});

}  // namespace teal::sqlite
