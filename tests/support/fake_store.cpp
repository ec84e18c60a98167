#include "tests/support/fake_store.hpp"

#include <fnmatch.h>

#include <algorithm>
#include <iterator>
#include <limits>

namespace teal::test {

using boost::asio::awaitable;

void FakeStore::inject(Fault fault, int nth, std::string operation) {
  injections_.push_back({fault, nth, std::move(operation)});
}

int FakeStore::calls(const std::string& operation) const {
  const auto found = calls_.find(operation);
  return found == calls_.end() ? 0 : found->second;
}

FakeStore::Outcome FakeStore::enter(const std::string& operation) {
  ++calls_[operation];
  Outcome outcome;
  for (auto& injection : injections_) {
    if (!injection.operation.empty() && injection.operation != operation) continue;
    if (--injection.countdown != 0) continue;
    switch (injection.fault) {
      case Fault::Fail:
        outcome.before = Error{ErrorCode::unavailable, "store: the disk is full"};
        break;
      case Fault::Conflict:
        outcome.before = Error{ErrorCode::conflict, "store: changed by somebody else"};
        break;
      case Fault::LoseAnswer:
        outcome.after = Error{ErrorCode::timed_out, "store: no answer"};
        break;
    }
  }
  std::erase_if(injections_, [](const Injection& injection) { return injection.countdown <= 0; });
  return outcome;
}

const records::RolloutRecord* FakeStore::newest(const std::string& application) const {
  const auto after = rollouts_.upper_bound({application, std::numeric_limits<int>::max()});
  if (after == rollouts_.begin()) return nullptr;
  const auto& [key, record] = *std::prev(after);
  return key.first == application ? &record : nullptr;
}

const records::ApplicationRecord* FakeStore::application(const std::string& name) const {
  const auto found = applications_.find(name);
  return found == applications_.end() ? nullptr : &found->second;
}

awaitable<Result<std::string>> FakeStore::owner() {
  const auto outcome = enter("owner");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  co_return owner_;
}

awaitable<Result<void>> FakeStore::take_owner(std::string owner) {
  const auto outcome = enter("take_owner");
  if (outcome.before) co_return *outcome.before;
  if (!rollouts_.empty()) co_return Error{ErrorCode::conflict, "rollouts are on record"};
  owner_ = std::move(owner);
  if (outcome.after) co_return *outcome.after;
  co_return Result<void>{};
}

awaitable<Result<std::vector<records::ApplicationRecord>>> FakeStore::applications() {
  const auto outcome = enter("applications");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  std::vector<records::ApplicationRecord> all;
  for (const auto& [name, record] : applications_) {
    if (!spoilt_applications_.contains(name)) all.push_back(record);
  }
  co_return all;
}

awaitable<Result<void>> FakeStore::put(std::vector<records::ApplicationRecord> records, ports::CommitEntries entries) {
  const auto outcome = enter("put");
  if (outcome.before) co_return *outcome.before;
  ++changes_;
  for (auto& record : records) {
    spoilt_applications_.erase(record.application.name);
    applications_[record.application.name] = std::move(record);
  }
  insert(entries);
  if (outcome.after) co_return *outcome.after;
  co_return Result<void>{};
}

awaitable<Result<void>> FakeStore::erase(std::string application, ports::CommitEntries entries) {
  const auto outcome = enter("erase");
  if (outcome.before) co_return *outcome.before;
  const auto is_its = [&](const auto& entry) { return entry.first.first == application; };
  ++changes_;
  applications_.erase(application);
  spoilt_applications_.erase(application);
  std::erase_if(spoilt_rollouts_, is_its);
  std::erase_if(rollouts_, is_its);
  std::erase_if(logs_, is_its);
  std::erase_if(migrated_, is_its);
  insert(entries);
  if (outcome.after) co_return *outcome.after;
  co_return Result<void>{};
}

awaitable<Result<std::optional<records::RolloutRecord>>> FakeStore::latest(std::string application) {
  const auto outcome = enter("latest");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  const auto* found = newest(application);
  if (found) {
    const auto spoilt = spoilt_rollouts_.find({application, found->course.target.number});
    if (spoilt != spoilt_rollouts_.end()) co_return Error{ErrorCode::invalid, spoilt->second.problem};
  }
  co_return found ? std::optional<records::RolloutRecord>{*found} : std::nullopt;
}

awaitable<Result<std::vector<records::RolloutRecord>>> FakeStore::rollouts(std::string application, std::size_t limit) {
  const auto outcome = enter("rollouts");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  std::vector<records::RolloutRecord> found;
  for (const auto& [key, record] : rollouts_) {
    if (spoilt_rollouts_.contains(key)) continue;
    if (application.empty() || key.first == application) found.push_back(record);
  }
  std::sort(found.begin(), found.end(), [&](const records::RolloutRecord& a, const records::RolloutRecord& b) {
    if (application.empty() && a.started_at != b.started_at) return a.started_at > b.started_at;
    if (a.application != b.application) return a.application < b.application;
    return a.course.target.number > b.course.target.number;
  });
  if (found.size() > limit) found.resize(limit);
  co_return found;
}

awaitable<Result<records::RolloutRecord>> FakeStore::rollout(std::string application, int revision) {
  const auto outcome = enter("rollout");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  const auto found = rollouts_.find({application, revision});
  if (found == rollouts_.end()) co_return Error{ErrorCode::not_found, "no such rollout"};
  const auto spoilt = spoilt_rollouts_.find({application, revision});
  if (spoilt != spoilt_rollouts_.end()) co_return Error{ErrorCode::invalid, spoilt->second.problem};
  co_return found->second;
}

awaitable<Result<std::uint64_t>> FakeStore::commit(records::RolloutRecord record, ports::CommitEntries entries) {
  const auto outcome = enter("commit");
  if (outcome.before) co_return *outcome.before;
  const std::pair key{record.application, record.course.target.number};
  const auto found = rollouts_.find(key);
  if ((found == rollouts_.end() ? 0 : found->second.version) != record.version) {
    co_return Error{ErrorCode::conflict, "rollout " + records::rollout_name(record) + " was changed by somebody else"};
  }
  const bool is_new = record.version == 0;
  ++record.version;
  ++changes_;
  rollouts_[key] = record;
  spoilt_rollouts_.erase(key);
  for (const auto& job : record.jobs) {
    if (job.state == records::JobState::Succeeded && !record.course.target.image_digest.empty()) {
      migrated_[{record.application, record.course.target.image_digest}].insert(job.job);
    }
  }
  insert(entries);
  if (is_new) prune(record.application);
  if (outcome.after) co_return *outcome.after;
  co_return record.version;
}

void FakeStore::prune(const std::string& application) {
  std::vector<int> revisions;
  for (const auto& [key, record] : rollouts_) {
    if (key.first == application) revisions.push_back(key.second);
  }
  if (revisions.size() <= 100) return;
  const int oldest = revisions[revisions.size() - 100];
  const auto is_old = [&](const auto& entry) {
    return entry.first.first == application && entry.first.second < oldest;
  };
  std::erase_if(rollouts_, is_old);
  std::erase_if(logs_, is_old);
}

awaitable<Result<std::set<std::string>>> FakeStore::migrated(std::string application, std::string image_digest) {
  const auto outcome = enter("migrated");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  const auto found = migrated_.find({application, image_digest});
  co_return found == migrated_.end() ? std::set<std::string>{} : found->second;
}

awaitable<Result<void>> FakeStore::append(ports::CommitEntries entries) {
  const auto outcome = enter("append");
  if (outcome.before) co_return *outcome.before;
  insert(entries);
  if (outcome.after) co_return *outcome.after;
  co_return Result<void>{};
}

void FakeStore::insert(const ports::CommitEntries& entries) {
  for (auto entry : entries.audit) {
    entry.sequence = ++audit_sequence_;
    audit_.push_back(std::move(entry));
  }
  for (const auto& event : entries.events) {
    events_.push_back({++sequence_, event});
    if (++kept_events_[event.application] <= 5000) continue;
    const auto is_its = [&](const ports::StoredEvent& stored) { return stored.event.application == event.application; };
    events_.erase(std::find_if(events_.begin(), events_.end(), is_its));
    --kept_events_[event.application];
  }
}

awaitable<Result<std::vector<ports::StoredEvent>>> FakeStore::events(ports::EventQuery query) {
  const auto outcome = enter("events");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  std::vector<ports::StoredEvent> found;
  for (const auto& stored : events_) {
    if (stored.sequence <= query.after) continue;
    if (query.application.empty() || stored.event.application == query.application) found.push_back(stored);
  }
  if (found.size() > query.limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.limit));
  co_return found;
}

awaitable<Result<std::vector<records::AuditEntry>>> FakeStore::audit(ports::AuditQuery query) {
  const auto outcome = enter("audit");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  std::vector<records::AuditEntry> found;
  for (const auto& entry : audit_) {
    if (!query.application.empty() && entry.application != query.application) continue;
    const auto fits = [&](const std::string& one) { return ::fnmatch(one.c_str(), entry.application.c_str(), 0) == 0; };
    const bool is_fitting = !entry.application.empty() && std::ranges::any_of(query.fitting, fits);
    if (!query.fitting.empty() && !is_fitting) continue;
    if (entry.time < query.since.value_or(Time::min()) || entry.sequence <= query.after.value_or(0)) continue;
    found.push_back(entry);
  }
  if (found.size() <= query.limit) co_return found;
  if (query.after) {
    found.resize(query.limit);
  } else {
    found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.limit));
  }
  co_return found;
}

awaitable<Result<std::size_t>> FakeStore::prune_audit(Time before) {
  const auto outcome = enter("prune_audit");
  if (outcome.before) co_return *outcome.before;
  const auto first_kept = std::find_if(audit_.begin(), audit_.end(),
                                       [&](const records::AuditEntry& entry) { return entry.time >= before; });
  const auto taken = static_cast<std::size_t>(first_kept - audit_.begin());
  audit_.erase(audit_.begin(), first_kept);
  if (outcome.after) co_return *outcome.after;
  co_return taken;
}

awaitable<Result<void>> FakeStore::keep_log(std::string application, int revision, std::string source,
                                            std::string text) {
  const auto outcome = enter("keep_log");
  if (outcome.before) co_return *outcome.before;
  logs_[{application, revision}][source] = text;
  if (outcome.after) co_return *outcome.after;
  co_return Result<void>{};
}

awaitable<Result<std::vector<std::pair<std::string, std::string>>>> FakeStore::logs(std::string application,
                                                                                    int revision) {
  const auto outcome = enter("logs");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  std::vector<std::pair<std::string, std::string>> found;
  const auto kept = logs_.find({application, revision});
  if (kept == logs_.end()) co_return found;
  found.assign(kept->second.begin(), kept->second.end());
  co_return found;
}

awaitable<Result<ports::DeliveredNotices>> FakeStore::told_notices(std::string webhook) {
  const auto outcome = enter("told_notices");
  if (outcome.before) co_return *outcome.before;
  if (outcome.after) co_return *outcome.after;
  ports::DeliveredNotices told;
  const auto found = told_.find(webhook);
  if (found == told_.end()) co_return told;
  told.settled = found->second.settled;
  told.notices.insert(found->second.notices.begin(), found->second.notices.end());
  co_return told;
}

awaitable<Result<void>> FakeStore::settle_notice(std::string webhook, std::string notice, std::int64_t settled) {
  const auto outcome = enter("settle_notice");
  if (outcome.before) co_return *outcome.before;
  auto& told = told_[webhook];
  told.settled = settled;
  auto& notices = told.notices;
  if (!notice.empty() && std::find(notices.begin(), notices.end(), notice) == notices.end()) notices.push_back(notice);
  if (notices.size() > 1000) notices.erase(notices.begin());
  if (outcome.after) co_return *outcome.after;
  co_return Result<void>{};
}

}  // namespace teal::test
