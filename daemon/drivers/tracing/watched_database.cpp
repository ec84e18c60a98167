#include "daemon/drivers/tracing/watched_ports.hpp"

namespace teal {
namespace {

using boost::asio::awaitable;

class WatchedDatabase final : public Database {
 public:
  WatchedDatabase(CallWatchPtr watch, Database& database) : watch_(std::move(watch)), database_(database) {}

  awaitable<Result<DatabaseView>> lock(DatabaseAccess access, LedgerKey key) override {
    auto about = call("lock", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.lock(std::move(access), std::move(key)));
  }
  awaitable<Result<DatabaseView>> look(DatabaseAccess access, LedgerKey key) override {
    auto about = call("look", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.look(std::move(access), std::move(key)));
  }
  awaitable<Result<DatabaseView>> begin(DatabaseAccess access, LedgerKey key) override {
    auto about = call("begin", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.begin(std::move(access), std::move(key)));
  }
  awaitable<Result<DatabaseView>> finish(DatabaseAccess access, LedgerKey key, LedgerOutcome outcome,
                                         std::optional<int> exit_code) override {
    auto about = call("finish", CallKind::Changes, access);
    about.attributes.emplace_back("teal.outcome", std::string{to_string(outcome)});
    return CallWatch::run(watch_, std::move(about),
                          database_.finish(std::move(access), std::move(key), outcome, exit_code));
  }
  awaitable<Result<DatabaseView>> abandon(DatabaseAccess access, LedgerKey key) override {
    auto about = call("abandon", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.abandon(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> confirm(DatabaseAccess access, LedgerKey key) override {
    auto about = call("confirm", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.confirm(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> unlock(DatabaseAccess access, LedgerKey key) override {
    auto about = call("unlock", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.unlock(std::move(access), std::move(key)));
  }
  awaitable<Result<std::vector<DatabaseFinding>>> preflight(DatabaseAccess access, LedgerKey key,
                                                            bool strict) override {
    auto about = call("preflight", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.preflight(std::move(access), std::move(key), strict));
  }
  awaitable<Result<std::vector<std::string>>> ungranted(DatabaseAccess access, LedgerKey key) override {
    auto about = call("ungranted", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.ungranted(std::move(access), std::move(key)));
  }

 private:
  // Where, never as whom.
  static Call call(std::string_view operation, CallKind kind, const DatabaseAccess& access) {
    Call about{"database", operation, kind, {}};
    about.attributes.emplace_back("db.system", "postgresql");
    about.attributes.emplace_back("db.name", access.target.name);
    about.attributes.emplace_back("server.address", access.target.host);
    return about;
  }

  CallWatchPtr watch_;
  Database& database_;
};

}  // namespace

std::unique_ptr<Database> watch_database(CallWatchPtr watch, Database& database) {
  return std::make_unique<WatchedDatabase>(std::move(watch), database);
}

}  // namespace teal
