// The store's queries, blocking: controllers/ports/store.hpp says what each guarantees. Throws Failure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/store.hpp"
#include "daemon/drivers/stores/log_limits.hpp"
#include "daemon/drivers/stores/sqlite/connection.hpp"
#include "daemon/drivers/stores/sqlite/lock_file.hpp"

namespace teal::sqlite {

class Database {
 public:
  // `path` is absolute; its folder exists.
  Database(const std::string& path, stores::LogLimits limits);

  [[nodiscard]] const std::string& owner() const { return owner_; }
  void take_owner(const std::string& owner);
  [[nodiscard]] std::vector<records::ApplicationRecord> applications();
  [[nodiscard]] std::vector<records::UnreadableApplication> unreadable_applications();
  void put(const std::vector<records::ApplicationRecord>& records, const ports::CommitEntries& entries);
  void erase(const std::string& application, const ports::CommitEntries& entries);

  [[nodiscard]] std::optional<records::RolloutRecord> latest(const std::string& application);
  [[nodiscard]] std::vector<records::RolloutRecord> rollouts(const std::string& application, std::size_t limit);
  [[nodiscard]] std::vector<records::UnreadableRollout> unreadable_rollouts(const std::string& application);
  [[nodiscard]] records::RolloutRecord rollout(const std::string& application, int revision);
  [[nodiscard]] std::uint64_t commit(records::RolloutRecord& record, const ports::CommitEntries& entries);
  [[nodiscard]] std::set<std::string> migrated(const std::string& application, const std::string& image_digest);

  void append(const ports::CommitEntries& entries);
  [[nodiscard]] std::vector<ports::StoredEvent> events(const ports::EventQuery& query);

  // audit_trail.cpp
  [[nodiscard]] std::vector<records::AuditEntry> audit(const ports::AuditQuery& query);
  [[nodiscard]] std::size_t prune_audit(Time before);

  void keep_log(const std::string& application, int revision, const std::string& source, const std::string& text);
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> logs(const std::string& application, int revision);

  [[nodiscard]] std::size_t prune_logs(Time now);

  [[nodiscard]] ports::DeliveredNotices told_notices(const std::string& webhook);
  void settle_notice(const std::string& webhook, const std::string& notice, std::int64_t settled);

 private:
  void insert(const ports::CommitEntries& entries);
  void insert(const std::vector<records::Event>& events);
  void insert(const std::vector<records::AuditEntry>& entries);
  void note_migrated(const records::RolloutRecord& record);
  void prune(const std::string& application);
  std::string load_owner();

  LockFile lock_;
  Connection connection_;
  stores::LogLimits limits_;
  std::string owner_;
};

}  // namespace teal::sqlite
