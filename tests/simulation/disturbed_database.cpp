// One life's connections to its databases. A call that fails for any reason costs its connection, and with it the lock:
// at once, or only when the server has noticed. What is on its way to a server may be done there long after that.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "tests/simulation/travel.hpp"

namespace teal::simulation {

namespace {

using Connection = std::shared_ptr<test::FakeDatabase>;

class DisturbedDatabase final : public ports::Database {
 public:
  DisturbedDatabase(Way& way, Lines& lines) : way_(way), lines_(lines) {}

  awaitable<Result<world::DatabaseView>> lock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<world::DatabaseView>>(Connection)> effect = [this, access, key](Connection line) {
      return do_lock(std::move(line), access, key);
    };
    return view_by("lock", std::move(access), std::move(key), std::move(effect), false);
  }

  awaitable<Result<world::DatabaseView>> look(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<world::DatabaseView>>(Connection)> effect = [access, key](const Connection& line) {
      return line->look(access, key);
    };
    return view_by("look", std::move(access), std::move(key), std::move(effect), false);
  }

  awaitable<Result<world::DatabaseView>> begin(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<world::DatabaseView>>(Connection)> effect = [access, key](const Connection& line) {
      return line->begin(access, key);
    };
    return view_by("begin", std::move(access), std::move(key), std::move(effect), true);
  }

  awaitable<Result<world::DatabaseView>> finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                world::LedgerOutcome outcome, std::optional<int> exit_code) override {
    std::function<awaitable<Result<world::DatabaseView>>(Connection)> effect = [this, access, key, outcome,
                                                                                exit_code](Connection line) {
      return do_finish(std::move(line), access, key, outcome, exit_code);
    };
    return view_by("finish", std::move(access), std::move(key), std::move(effect), true);
  }

  awaitable<Result<world::DatabaseView>> abandon(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<world::DatabaseView>>(Connection)> effect = [access, key](const Connection& line) {
      return line->abandon(access, key);
    };
    return view_by("abandon", std::move(access), std::move(key), std::move(effect), true);
  }

  awaitable<Result<void>> confirm(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<void>>(Connection)> effect = [this, access, key](Connection line) {
      return do_confirm(std::move(line), access, key);
    };
    return go<void>("confirm", std::move(access), std::move(key), std::move(effect), false);
  }

  awaitable<Result<void>> unlock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<void>>(Connection)> effect = [access, key](const Connection& line) {
      return line->unlock(access, key);
    };
    auto done = co_await go<void>("unlock", access, key, std::move(effect), false);
    const LineKey where{access.target.name, key.application};
    if (!done) cut(where);  // it goes with its session, whatever the server says
    if (!way_.world.databases.is_held(where.first, where.second)) way_.world.databases.ours.erase(where);
    co_return Result<void>{};
  }

  awaitable<Result<std::vector<objects::Finding>>> preflight(ports::DatabaseAccess access, ports::LedgerKey key,
                                                             bool strict) override {
    std::function<awaitable<Result<std::vector<objects::Finding>>>(Connection)> effect =
        [this, access, key, strict](const Connection&) { return do_preflight(access, key, strict); };
    auto found = co_await go<std::vector<objects::Finding>>("preflight", access, key, std::move(effect), false);
    if (found || found.error().code != ErrorCode::unavailable) co_return found;
    std::vector<objects::Finding> unreachable{
        {"DatabaseReachable", spec::Reason::Unreachable, found.error().message, true, true}};
    co_return unreachable;
  }

  awaitable<Result<std::vector<std::string>>> ungranted(ports::DatabaseAccess access, ports::LedgerKey key) override {
    std::function<awaitable<Result<std::vector<std::string>>>(Connection)> effect =
        [this, access, key](const Connection&) { return do_ungranted(access, key); };
    return go<std::vector<std::string>>("ungranted", std::move(access), std::move(key), std::move(effect), false);
  }

 private:
  DatabaseState& state(const ports::DatabaseAccess& access) const {
    return way_.world.databases.all.at(access.target.name);
  }

  Connection line_to(const LineKey& key) {
    auto& line = lines_[key];
    if (line == nullptr)
      line = std::make_shared<test::FakeDatabase>(way_.world.databases.all.at(key.first).server, way_.world.timeline);
    return line;
  }

  // The session is given up; the server frees its lock now, or once it has noticed.
  void cut(const LineKey& key) {
    auto line = std::exchange(lines_[key], nullptr);
    way_.world.databases.ours.erase(key);
    auto& random = way_.world.faults.stream(Fault::LockLost);
    if (line != nullptr && random.one_in(3))
      way_.world.timeline.in(random.between(Duration{100}, Duration{20'000}), Timeline::world, [line] {});
  }

  awaitable<Result<world::DatabaseView>> view_by(
      std::string verb, ports::DatabaseAccess access, ports::LedgerKey key,
      std::function<awaitable<Result<world::DatabaseView>>(Connection)> effect, bool changes) {
    const LineKey where{access.target.name, key.application};
    auto& databases = way_.world.databases;
    if (databases.ours.contains(where) && !databases.is_held(where.first, where.second)) {
      cut(where);  // somebody has ended the session: whoever only looks does so with another
      if (verb != "look") {
        co_await sleep(way_.world.timeline, way_.life, way_.loop, Duration{1});
        co_return Error{ErrorCode::unavailable, "server closed the connection unexpectedly"};
      }
    }
    auto view = co_await go<world::DatabaseView>(std::move(verb), std::move(access), std::move(key), std::move(effect),
                                                 changes);
    if (view && view->held) {
      const auto& locks = databases.all.at(where.first).server.locks;
      if (const auto lock = locks.find(where.first); lock != locks.end()) databases.ours[where] = lock->second.session;
    }
    co_return view;
  }

  template <class T>
  awaitable<Result<T>> go(std::string verb, ports::DatabaseAccess access, ports::LedgerKey key,
                          std::function<awaitable<Result<T>>(Connection)> effect, bool changes) {
    const LineKey where{access.target.name, key.application};
    Call call;
    call.what = fmt::format("{} for {}/{} in database {}", verb, key.application, key.job, where.first);
    call.application = key.application;
    call.part = "database " + where.first;
    if (changes) call.subject = call.what;
    call.may_repeat = false;  // nobody repeats what is said on a connection
    const bool is_told = verb == "lock" || verb == "unlock";
    if (way_.world.trace.keep && is_told) way_.world.note("teald: " + call.what);
    auto line = line_to(where);
    std::function<awaitable<Result<T>>()> there = [this, effect = std::move(effect), line, where] {
      auto& database = way_.world.databases.all.at(where.first);
      database.server.unwritable = way_.world.timeline.now() < database.read_only;
      return effect(line);
    };
    auto done = co_await travel<T>(way_, std::move(call), std::move(there));
    // As the adapter does: a session that any work left with an error is not used again.
    const bool lost = !done && done.error().code != ErrorCode::conflict;
    if (lost && lines_[where] == line) cut(where);
    co_return done;
  }

  awaitable<Result<world::DatabaseView>> do_lock(Connection line, ports::DatabaseAccess access, ports::LedgerKey key) {
    auto& database = state(access);
    if (way_.world.timeline.now() < database.pooled)
      co_return Error{ErrorCode::invalid, "a transaction pooler stands between: no lock can be held through it"};
    if (database.server.unwritable && database.server.rows.empty())
      co_return Error{ErrorCode::denied, "cannot execute CREATE TABLE in a read-only transaction"};
    co_return co_await line->lock(std::move(access), std::move(key));
  }

  awaitable<Result<world::DatabaseView>> do_finish(Connection line, ports::DatabaseAccess access, ports::LedgerKey key,
                                                   world::LedgerOutcome outcome, std::optional<int> exit_code) {
    auto& server = state(access).server;
    const auto is_own_end = [&](const test::FakeServer::Row& row) {
      return row.key.owner == key.owner && row.key.job == key.job && row.key.application == key.application &&
             row.key.revision == key.revision && row.key.attempt == key.attempt;
    };
    const auto closed = [&] {
      return std::ranges::count_if(server.rows, [&](const auto& row) { return is_own_end(row) && row.outcome; });
    };
    const auto before = closed();
    auto view = co_await line->finish(std::move(access), key, outcome, exit_code);
    if (view && closed() > before) way_.world.monitors->attempt_closed(key, outcome);
    co_return view;
  }

  awaitable<Result<void>> do_confirm(Connection line, ports::DatabaseAccess access, ports::LedgerKey key) {
    const auto name = access.target.name;
    auto confirmed = co_await line->confirm(std::move(access), key);
    if (confirmed) way_.world.monitors->lock_confirmed(name, key);
    co_return confirmed;
  }

  awaitable<Result<std::vector<objects::Finding>>> do_preflight(ports::DatabaseAccess access, ports::LedgerKey key,
                                                                bool strict) {
    const auto now = way_.world.timeline.now();
    const auto& database = state(access);
    std::vector<objects::Finding> found;
    if (now < database.pooled) {
      found.push_back(
          {"DirectConnection", spec::Reason::TransactionPooler, "a transaction pooler stands between", true, false});
    }
    if (now < database.read_only)
      found.push_back(
          {"DatabaseWritable", spec::Reason::Replica, "this server is a replica: name the primary", true, false});
    if (now < database.full)
      found.push_back(
          {"FreeConnections", spec::Reason::FewConnections, "1 connection is left, 3 are wanted", true, true});
    if (now < database.too_strong) {
      found.push_back({"ApplicationUserRestricted", spec::Reason::ApplicationUserCanChangeSchema,
                       "the application user can change the schema", strict, false});
    }
    const bool blocked = std::ranges::any_of(found, &objects::Finding::blocks);
    if (!blocked) way_.world.monitors->found_fit(key);
    co_return found;
  }

  awaitable<Result<std::vector<std::string>>> do_ungranted(ports::DatabaseAccess access, ports::LedgerKey key) {
    std::vector<std::string> names;
    if (state(access).forgotten.contains(work_of(key.job, key.image_digest))) names.emplace_back("public.invoices");
    co_return names;
  }

  Way& way_;
  Lines& lines_;
};

}  // namespace

std::unique_ptr<ports::Database> make_disturbed_database(Way& way, Lines& lines) {
  return std::make_unique<DisturbedDatabase>(way, lines);
}

}  // namespace teal::simulation
