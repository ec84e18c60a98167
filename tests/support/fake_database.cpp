#include "tests/support/fake_database.hpp"

#include <algorithm>

namespace teal {

using boost::asio::awaitable;

namespace {

bool is_of(const FakeServer::Row& row, const LedgerKey& key) {
  return row.key.application == key.application && row.key.job == key.job;
}

bool is_own(const FakeServer::Row& row, const LedgerKey& key) {
  return is_of(row, key) && row.key.owner == key.owner && row.key.revision == key.revision &&
         row.key.attempt == key.attempt && row.key.image_digest == key.image_digest;
}

Error not_held() { return {ErrorCode::conflict, "this Teal does not hold the migration lock"}; }

}  // namespace

bool FakeServer::take(const std::string& application, const std::string& program) {
  return locks.emplace(application, Lock{++sessions, program}).second;
}

FakeDatabase::~FakeDatabase() {
  for (const auto& [application, held] : held_) {
    const auto found = server_.locks.find(application);
    if (found != server_.locks.end() && found->second.session == held.first) server_.locks.erase(found);
  }
}

bool FakeDatabase::holds(const std::string& application) const {
  const auto mine = held_.find(application);
  const auto found = server_.locks.find(application);
  return mine != held_.end() && found != server_.locks.end() && found->second.session == mine->second.first;
}

std::optional<Error> FakeDatabase::problem() const {
  if (server_.away) return Error{ErrorCode::unavailable, "database: connection refused"};
  return std::nullopt;
}

DatabaseView FakeDatabase::view(const LedgerKey& key) const {
  DatabaseView seen;
  seen.held = holds(key.application);
  const auto found = server_.locks.find(key.application);
  if (!seen.held && found != server_.locks.end()) {
    seen.holder =
        LockHolder{found->second.session, "migration", found->second.program, "local", "2026-01-01T00:00:00Z"};
  }
  for (const auto& row : server_.rows) {
    if (!is_of(row, key) || (row.outcome && row.key.image_digest != key.image_digest)) continue;
    LedgerRow one;
    one.id = row.id;
    one.owner = row.key.owner;
    one.image_digest = row.key.image_digest;
    one.revision = row.key.revision;
    one.attempt = row.key.attempt;
    one.outcome = row.outcome;
    one.age = clock_.now() - row.started;
    one.fingerprint_before = row.before;
    one.fingerprint_after = row.after;
    seen.rows.insert(seen.rows.begin(), std::move(one));
  }
  return seen;
}

void FakeDatabase::close_open(const LedgerKey& key) {
  for (auto& row : server_.rows) {
    if (!is_of(row, key) || row.outcome) continue;
    row.outcome = LedgerOutcome::Unknown;
    row.after = server_.schema;
  }
}

awaitable<Result<DatabaseView>> FakeDatabase::lock(DatabaseAccess, LedgerKey key) {
  if (auto error = problem()) co_return *error;
  const auto& application = key.application;
  if (!holds(application) && !server_.locks.contains(application)) {
    static_cast<void>(server_.take(application, "teal of " + key.owner));
    held_[application] = {server_.locks[application].session, {}};
  }
  if (holds(application)) held_[application].second.insert(key.job);
  co_return view(key);
}

awaitable<Result<DatabaseView>> FakeDatabase::look(DatabaseAccess, LedgerKey key) {
  if (auto error = problem()) co_return *error;
  co_return view(key);
}

awaitable<Result<DatabaseView>> FakeDatabase::begin(DatabaseAccess, LedgerKey key) {
  if (auto error = problem()) co_return *error;
  if (!holds(key.application)) co_return not_held();
  if (server_.unwritable) co_return Error{ErrorCode::denied, "permission denied for table teal_migrations"};
  const bool open =
      std::ranges::any_of(server_.rows, [&](const auto& row) { return is_own(row, key) && !row.outcome; });
  if (open) co_return view(key);
  close_open(key);
  FakeServer::Row row;
  row.key = key;
  row.id = static_cast<std::int64_t>(server_.rows.size()) + 1;
  row.started = clock_.now();
  row.before = server_.schema;
  server_.rows.push_back(std::move(row));
  co_return view(key);
}

awaitable<Result<DatabaseView>> FakeDatabase::finish(DatabaseAccess, LedgerKey key, LedgerOutcome outcome,
                                                     std::optional<int>) {
  if (auto error = problem()) co_return *error;
  if (server_.unwritable) co_return Error{ErrorCode::denied, "permission denied for table teal_migrations"};
  auto found = std::ranges::find_if(server_.rows, [&](const auto& row) { return is_own(row, key); });
  if (found == server_.rows.end()) {
    FakeServer::Row row;
    row.key = key;
    row.id = static_cast<std::int64_t>(server_.rows.size()) + 1;
    row.started = clock_.now();
    server_.rows.push_back(std::move(row));
    found = server_.rows.end() - 1;
  }
  for (auto& row : server_.rows) {
    if (!is_own(row, key) || row.outcome) continue;
    row.outcome = outcome;
    row.after = server_.schema;
  }
  co_return view(key);
}

awaitable<Result<DatabaseView>> FakeDatabase::abandon(DatabaseAccess, LedgerKey key) {
  if (auto error = problem()) co_return *error;
  if (!holds(key.application)) co_return not_held();
  close_open(key);
  co_return view(key);
}

awaitable<Result<void>> FakeDatabase::confirm(DatabaseAccess, LedgerKey key) {
  if (auto error = problem()) co_return *error;
  if (!holds(key.application)) co_return not_held();
  co_return Result<void>{};
}

awaitable<Result<void>> FakeDatabase::unlock(DatabaseAccess, LedgerKey key) {
  const auto found = held_.find(key.application);
  if (found == held_.end()) co_return Result<void>{};
  found->second.second.erase(key.job);
  if (!found->second.second.empty()) co_return Result<void>{};
  if (holds(key.application)) server_.locks.erase(key.application);
  held_.erase(found);
  co_return Result<void>{};
}

awaitable<Result<std::vector<DatabaseFinding>>> FakeDatabase::preflight(DatabaseAccess, LedgerKey, bool) {
  if (server_.away) {
    std::vector<DatabaseFinding> found{
        {"DatabaseReachable", "Unreachable", "database: connection refused", true, true}};
    co_return found;
  }
  co_return server_.findings;
}

awaitable<Result<std::vector<std::string>>> FakeDatabase::ungranted(DatabaseAccess, LedgerKey) {
  if (auto error = problem()) co_return *error;
  co_return server_.ungranted;
}

}  // namespace teal
