#include "tests/support/fake_database.hpp"

#include <algorithm>

namespace teal::test {

using boost::asio::awaitable;

namespace {

bool is_of(const FakeServer::Row& row, const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
  return row.database == access.target.name && row.key.application == key.application && row.key.job == key.job;
}

bool is_own(const FakeServer::Row& row, const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
  return is_of(row, access, key) && row.key.owner == key.owner && row.key.revision == key.revision &&
         row.key.attempt == key.attempt && row.key.image_digest == key.image_digest;
}

// Open, and not of this Teal's own application: of another Teal, or of another application in the same database.
bool is_of_others(const FakeServer::Row& row, const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
  return row.database == access.target.name && !row.outcome && !is_of(row, access, key) &&
         (row.key.application != key.application || row.key.owner != key.owner);
}

std::pair<std::string, std::string> place_in(const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
  return {access.target.name, key.application};
}

Error not_held() { return {ErrorCode::conflict, "this Teal does not hold the migration lock"}; }

}  // namespace

bool FakeServer::take(const std::string& database, const std::string& program) {
  return locks.emplace(database, Lock{++sessions, program}).second;
}

FakeDatabase::~FakeDatabase() {
  for (const auto& [place, held] : held_) {
    const auto found = server_.locks.find(place.first);
    if (found != server_.locks.end() && found->second.session == held.session) server_.locks.erase(found);
  }
}

bool FakeDatabase::holds(const Place& place) const {
  const auto mine = held_.find(place);
  const auto found = server_.locks.find(place.first);
  return mine != held_.end() && found != server_.locks.end() && found->second.session == mine->second.session;
}

bool FakeDatabase::holds_for(const ports::DatabaseAccess& access, const ports::LedgerKey& key) const {
  const auto place = place_in(access, key);
  return holds(place) && held_.at(place).jobs.contains(key.job);
}

std::optional<Error> FakeDatabase::problem() const {
  if (server_.away) return Error{ErrorCode::unavailable, "database: connection refused"};
  return std::nullopt;
}

world::DatabaseView FakeDatabase::view(const ports::DatabaseAccess& access, const ports::LedgerKey& key) const {
  world::DatabaseView seen;
  const bool ours_hold = holds(place_in(access, key));
  seen.held = holds_for(access, key);
  const auto found = server_.locks.find(access.target.name);
  if (!ours_hold && found != server_.locks.end()) {
    seen.holder =
        world::LockHolder{found->second.session, "migration", found->second.program, "local", "2026-01-01T00:00:00Z"};
  }
  if (found != server_.locks.end()) seen.waiter = server_.waiter;
  for (const auto& row : server_.rows) {
    const bool others = is_of_others(row, access, key);
    const bool is_newer = row.key.owner == key.owner && row.key.revision >= key.revision;
    const bool own = is_of(row, access, key) && (!row.outcome || row.key.image_digest == key.image_digest || is_newer);
    if (!others && !own) continue;
    world::LedgerRow one;
    one.id = row.id;
    one.application = row.key.application;
    one.job = row.key.job;
    one.owner = row.key.owner;
    one.image_digest = row.key.image_digest;
    one.revision = row.key.revision;
    one.attempt = row.key.attempt;
    one.outcome = row.outcome;
    one.age = clock_.now() - row.started;
    one.fingerprint_before = row.before;
    one.fingerprint_after = row.after;
    auto& rows = others ? seen.others : seen.rows;
    rows.insert(rows.begin(), std::move(one));
  }
  return seen;
}

void FakeDatabase::close_open(const ports::DatabaseAccess& access, const ports::LedgerKey& key) {
  for (auto& row : server_.rows) {
    if (!is_of(row, access, key) || row.outcome) continue;
    row.outcome = world::LedgerOutcome::Unknown;
    row.after = server_.schema;
  }
}

void FakeDatabase::add_row(const ports::DatabaseAccess& access, const ports::LedgerKey& key, std::string before) {
  FakeServer::Row row;
  row.key = key;
  row.database = access.target.name;
  row.id = static_cast<std::int64_t>(server_.rows.size()) + 1;
  row.started = clock_.now();
  row.before = std::move(before);
  server_.rows.push_back(std::move(row));
}

awaitable<Result<world::DatabaseView>> FakeDatabase::lock(ports::DatabaseAccess access, ports::LedgerKey key) {
  if (auto error = problem()) co_return *error;
  const auto place = place_in(access, key);
  if (!holds(place) && server_.take(place.first, "teal " + key.application + " of " + key.owner)) {
    held_[place].session = server_.locks[place.first].session;
    held_[place].jobs.clear();
  }
  if (holds(place)) held_[place].jobs.insert(key.job);
  co_return view(access, key);
}

awaitable<Result<world::DatabaseView>> FakeDatabase::look(ports::DatabaseAccess access, ports::LedgerKey key) {
  if (auto error = problem()) co_return *error;
  co_return view(access, key);
}

awaitable<Result<world::DatabaseView>> FakeDatabase::begin(ports::DatabaseAccess access, ports::LedgerKey key) {
  if (auto error = problem()) co_return *error;
  if (!holds_for(access, key)) co_return not_held();
  if (server_.unwritable) co_return Error{ErrorCode::denied, "permission denied for table teal_migrations"};
  const bool open =
      std::ranges::any_of(server_.rows, [&](const auto& row) { return is_own(row, access, key) && !row.outcome; });
  if (open) co_return view(access, key);
  close_open(access, key);
  add_row(access, key, server_.schema);
  co_return view(access, key);
}

awaitable<Result<world::DatabaseView>> FakeDatabase::finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                            world::LedgerOutcome outcome, std::optional<int>) {
  if (auto error = problem()) co_return *error;
  if (server_.unwritable) co_return Error{ErrorCode::denied, "permission denied for table teal_migrations"};
  const bool known = std::ranges::any_of(server_.rows, [&](const auto& row) { return is_own(row, access, key); });
  if (!known) add_row(access, key, "");
  for (auto& row : server_.rows) {
    if (!is_own(row, access, key) || row.outcome) continue;
    row.outcome = outcome;
    row.after = server_.schema;
  }
  co_return view(access, key);
}

awaitable<Result<world::DatabaseView>> FakeDatabase::abandon(ports::DatabaseAccess access, ports::LedgerKey key) {
  if (auto error = problem()) co_return *error;
  if (!holds_for(access, key)) co_return not_held();
  close_open(access, key);
  co_return view(access, key);
}

awaitable<Result<void>> FakeDatabase::confirm(ports::DatabaseAccess access, ports::LedgerKey key) {
  if (auto error = problem()) co_return *error;
  if (!holds_for(access, key)) co_return not_held();
  co_return Result<void>{};
}

awaitable<Result<void>> FakeDatabase::unlock(ports::DatabaseAccess access, ports::LedgerKey key) {
  const auto found = held_.find(place_in(access, key));
  if (found == held_.end()) co_return Result<void>{};
  found->second.jobs.erase(key.job);
  if (!found->second.jobs.empty()) co_return Result<void>{};
  if (holds(found->first)) server_.locks.erase(access.target.name);
  held_.erase(found);
  co_return Result<void>{};
}

awaitable<Result<std::vector<objects::Finding>>> FakeDatabase::preflight(ports::DatabaseAccess, ports::LedgerKey,
                                                                         bool) {
  if (server_.away) {
    std::vector<objects::Finding> found{
        {"DatabaseReachable", spec::Reason::Unreachable, "database: connection refused", true, true}};
    co_return found;
  }
  co_return server_.findings;
}

awaitable<Result<std::vector<std::string>>> FakeDatabase::ungranted(ports::DatabaseAccess, ports::LedgerKey) {
  if (auto error = problem()) co_return *error;
  co_return server_.ungranted;
}

}  // namespace teal::test
