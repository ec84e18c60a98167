#include "daemon/drivers/tracing/watched_ports.hpp"

namespace teal::tracing {
namespace {

using boost::asio::awaitable;

class WatchedDatabase final : public ports::Database {
 public:
  WatchedDatabase(CallWatchPtr watch, ports::Database& database) : watch_(std::move(watch)), database_(database) {}

  awaitable<Result<world::DatabaseView>> lock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("lock", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.lock(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> look(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("look", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.look(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> begin(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("begin", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.begin(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                world::LedgerOutcome outcome, std::optional<int> exit_code) override {
    auto about = call("finish", CallKind::Changes, access);
    about.attributes.emplace_back("teal.outcome", std::string{to_string(outcome)});
    return CallWatch::run(watch_, std::move(about),
                          database_.finish(std::move(access), std::move(key), outcome, exit_code));
  }
  awaitable<Result<world::DatabaseView>> abandon(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("abandon", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.abandon(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> confirm(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("confirm", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.confirm(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> unlock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("unlock", CallKind::Changes, access);
    return CallWatch::run(watch_, std::move(about), database_.unlock(std::move(access), std::move(key)));
  }
  awaitable<Result<std::vector<objects::Finding>>> preflight(ports::DatabaseAccess access, ports::LedgerKey key,
                                                             bool strict) override {
    auto about = call("preflight", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.preflight(std::move(access), std::move(key), strict));
  }
  awaitable<Result<std::vector<std::string>>> ungranted(ports::DatabaseAccess access, ports::LedgerKey key) override {
    auto about = call("ungranted", CallKind::Reads, access);
    return CallWatch::run(watch_, std::move(about), database_.ungranted(std::move(access), std::move(key)));
  }

 private:
  // Where, never as whom.
  static Call call(std::string_view operation, CallKind kind, const ports::DatabaseAccess& access) {
    Call about{"database", operation, kind, {}};
    about.attributes.emplace_back("db.system", "postgresql");
    about.attributes.emplace_back("db.name", access.target.name);
    about.attributes.emplace_back("server.address", access.target.host);
    return about;
  }

  CallWatchPtr watch_;
  ports::Database& database_;
};

}  // namespace

std::unique_ptr<ports::Database> watch_database(CallWatchPtr watch, ports::Database& database) {
  return std::make_unique<WatchedDatabase>(std::move(watch), database);
}

}  // namespace teal::tracing
