#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "daemon/drivers/stores/sqlite/database.hpp"

namespace teal::sqlite {
namespace {

using boost::asio::awaitable;

// The adapter's edge: what the rooms below throw ends here as a value.
template <class Work>
auto caught(Work& work) -> Result<decltype(work())> {
  try {
    return work();
  } catch (const Failure& failure) {
    return failure.error();
  } catch (const std::exception& error) {
    return Error{ErrorCode::internal, fmt::format("store: {}", error.what())};
  }
}

struct Done {};

class SqliteStore final : public ports::Store {
 public:
  SqliteStore(runtime::BlockingPool& pool, std::shared_ptr<Database> database)
      : pool_(pool), database_(std::move(database)) {}

  awaitable<Result<std::string>> owner() override {
    return run([](Database& database) { return database.owner(); });
  }
  awaitable<Result<void>> take_owner(std::string owner) override {
    return change([owner = std::move(owner)](Database& database) {
      database.take_owner(owner);
      return Done{};
    });
  }

  awaitable<Result<std::vector<records::ApplicationRecord>>> applications() override {
    return run([](Database& database) { return database.applications(); });
  }

  awaitable<Result<std::vector<records::UnreadableApplication>>> unreadable_applications() override {
    return run([](Database& database) { return database.unreadable_applications(); });
  }

  awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records, ports::CommitEntries entries) override {
    return change([records = std::move(records), entries = std::move(entries)](Database& database) {
      database.put(records, entries);
      return Done{};
    });
  }

  awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override {
    return change([application = std::move(application), entries = std::move(entries)](Database& database) {
      database.erase(application, entries);
      return Done{};
    });
  }

  awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override {
    return run([application = std::move(application)](Database& database) { return database.latest(application); });
  }

  awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application, std::size_t limit) override {
    return run([application = std::move(application), limit](Database& database) {
      return database.rollouts(application, limit);
    });
  }

  awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(std::string application) override {
    return run([application = std::move(application)](Database& database) {
      return database.unreadable_rollouts(application);
    });
  }

  awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override {
    return run([application = std::move(application), revision](Database& database) {
      return database.rollout(application, revision);
    });
  }

  awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record, ports::CommitEntries entries) override {
    return run([record = std::move(record), entries = std::move(entries)](Database& database) mutable {
      return database.commit(record, entries);
    });
  }

  awaitable<Result<std::set<std::string>>> migrated(std::string application, std::string image_digest) override {
    return run([application = std::move(application), image_digest = std::move(image_digest)](Database& database) {
      return database.migrated(application, image_digest);
    });
  }

  awaitable<Result<void>> append(ports::CommitEntries entries) override {
    return change([entries = std::move(entries)](Database& database) {
      database.append(entries);
      return Done{};
    });
  }

  awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query) override {
    return run([query = std::move(query)](Database& database) { return database.events(query); });
  }

  awaitable<Result<std::vector<records::AuditEntry>>> audit(ports::AuditQuery query) override {
    return run([query = std::move(query)](Database& database) { return database.audit(query); });
  }

  awaitable<Result<std::size_t>> prune_audit(Time before) override {
    return run([before](Database& database) { return database.prune_audit(before); });
  }

  awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                   std::string text) override {
    return change([application = std::move(application), revision, source = std::move(source),
                   text = std::move(text)](Database& database) {
      database.keep_log(application, revision, source, text);
      return Done{};
    });
  }

  awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                           int revision) override {
    return run([application = std::move(application), revision](Database& database) {
      return database.logs(application, revision);
    });
  }

  awaitable<Result<std::size_t>> prune_logs(Time now) override {
    return run([now](Database& database) { return database.prune_logs(now); });
  }

  awaitable<Result<ports::DeliveredNotices>> told_notices(std::string webhook) override {
    return run([webhook = std::move(webhook)](Database& database) { return database.told_notices(webhook); });
  }

  awaitable<Result<void>> settle_notice(std::string webhook, std::string notice, std::int64_t settled) override {
    return change([webhook = std::move(webhook), notice = std::move(notice), settled](Database& database) {
      database.settle_notice(webhook, notice, settled);
      return Done{};
    });
  }

 private:
  // The work owns the database too: a store that goes while a call is under way closes the file after it.
  template <class Work>
  auto run(Work work) -> awaitable<Result<std::invoke_result_t<Work&, Database&>>> {
    auto bound = [database = database_, work = std::move(work)]() mutable {
      auto call = [&] { return work(*database); };
      return caught(call);
    };
    return pool_.run(std::move(bound));
  }

  template <class Work>
  auto change(Work work) -> awaitable<Result<void>> {
    const auto result = co_await run(std::move(work));
    if (!result) co_return result.error();
    co_return Result<void>{};
  }

  runtime::BlockingPool& pool_;
  std::shared_ptr<Database> database_;
};

std::shared_ptr<Database> open(const std::string& path, stores::LogLimits limits) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  // One name for one file, so that a symlink does not get around the lock.
  const fs::path real = fs::weakly_canonical(fs::absolute(path, ignored), ignored);
  const fs::path folder = real.parent_path();
  if (path.empty()) throw Failure({ErrorCode::invalid, "store.sqlite: the path is empty"});
  if (!fs::is_directory(folder, ignored)) {
    throw Failure(
        {ErrorCode::not_found,
         fmt::format("{}: the folder {} does not exist: create it, owned by teald's user", path, folder.string())});
  }
  if (fs::is_directory(real, ignored)) {
    throw Failure({ErrorCode::invalid, fmt::format("{}: is a folder, not a database file", path)});
  }
  return std::make_shared<Database>(real.string(), limits);
}

}  // namespace

awaitable<Result<std::unique_ptr<ports::Store>>> open_sqlite_store(runtime::BlockingPool& pool, std::string path,
                                                                   stores::LogLimits limits) {
  auto work = [path = std::move(path), limits] {
    auto call = [&] { return open(path, limits); };
    return caught(call);
  };
  auto database = co_await pool.run(std::move(work));
  if (!database) co_return within("store", database.error());
  std::unique_ptr<ports::Store> store = std::make_unique<SqliteStore>(pool, std::move(*database));
  co_return store;
}

}  // namespace teal::sqlite
