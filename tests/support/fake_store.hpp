// The store in memory, held to the same conformance suite as the real ones, with faults on demand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/store.hpp"

namespace teal::test {

class FakeStore final : public ports::Store {
 public:
  enum class Fault {
    Fail,        // nothing happens; unavailable
    Conflict,    // nothing happens; conflict
    LoseAnswer,  // it happens; timed_out
  };

  // The nth call from now (1: the next one) of `operation` ("commit"; empty: of any) goes wrong, once.
  void inject(Fault fault, int nth = 1, std::string operation = "");
  [[nodiscard]] int calls(const std::string& operation) const;
  // What is stored now, for assertions; null: nothing.
  [[nodiscard]] const records::RolloutRecord* newest(const std::string& application) const;
  [[nodiscard]] const records::ApplicationRecord* application(const std::string& name) const;
  [[nodiscard]] bool has_migrated(const std::string& application, const std::string& digest,
                                  const std::string& job) const {
    const auto found = migrated_.find({application, digest});
    return found != migrated_.end() && found->second.contains(job);
  }
  [[nodiscard]] const auto& all_rollouts() const { return rollouts_; }
  [[nodiscard]] const auto& all_events() const { return events_; }
  [[nodiscard]] const auto& all_audit() const { return audit_; }
  // From now on the newest rollout, or the application, cannot be read, until it is written anew. Of an application
  // only its file and generation are salvaged, of a rollout what `salvage` leaves.
  void spoil_application(const std::string& name) { spoilt_applications_.insert(name); }
  void spoil_newest(const std::string& application, std::function<void(records::UnreadableRollout&)> salvage = {});
  // Grows whenever an application or a rollout on record may have become another than it was.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  // All kept logs, for assertions.
  [[nodiscard]] const auto& kept_logs() const { return logs_; }

  boost::asio::awaitable<Result<std::string>> owner() override;
  boost::asio::awaitable<Result<void>> take_owner(std::string owner) override;
  boost::asio::awaitable<Result<std::vector<records::ApplicationRecord>>> applications() override;
  boost::asio::awaitable<Result<std::vector<records::UnreadableApplication>>> unreadable_applications() override;
  using ports::Store::put;
  boost::asio::awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records,
                                           ports::CommitEntries entries) override;
  boost::asio::awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override;
  boost::asio::awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override;
  boost::asio::awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application,
                                                                               std::size_t limit) override;
  boost::asio::awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(
      std::string application) override;
  boost::asio::awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override;
  boost::asio::awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record,
                                                       ports::CommitEntries entries) override;
  boost::asio::awaitable<Result<std::set<std::string>>> migrated(std::string application,
                                                                 std::string image_digest) override;
  boost::asio::awaitable<Result<void>> append(ports::CommitEntries entries) override;
  boost::asio::awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query) override;
  boost::asio::awaitable<Result<std::vector<records::AuditEntry>>> audit(ports::AuditQuery query) override;
  boost::asio::awaitable<Result<std::size_t>> prune_audit(Time before) override;
  boost::asio::awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                                std::string text) override;
  boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                                        int revision) override;
  boost::asio::awaitable<Result<ports::DeliveredNotices>> told_notices(std::string webhook) override;
  boost::asio::awaitable<Result<void>> settle_notice(std::string webhook, std::string notice,
                                                     std::int64_t settled) override;

 private:
  struct Injection {
    Fault fault = Fault::Fail;
    int countdown = 1;
    std::string operation;
  };
  struct Outcome {
    std::optional<Error> before;  // instead of doing it
    std::optional<Error> after;   // instead of the answer
  };
  Outcome enter(const std::string& operation);
  void insert(const ports::CommitEntries& entries);
  void prune(const std::string& application);

  std::string owner_ = "0123456789abcdef0123456789abcdef";
  std::map<std::string, records::ApplicationRecord> applications_;
  std::map<std::pair<std::string, int>, records::RolloutRecord> rollouts_;
  std::set<std::string> spoilt_applications_;
  std::map<std::pair<std::string, int>, records::UnreadableRollout> spoilt_rollouts_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> migrated_;
  std::map<std::pair<std::string, int>, std::map<std::string, std::string>> logs_;
  std::vector<ports::StoredEvent> events_;
  std::vector<records::AuditEntry> audit_;
  std::map<std::string, std::size_t> kept_events_;  // how many of them, by application
  std::uint64_t changes_ = 0;
  struct Told {
    std::int64_t settled = 0;
    std::vector<std::string> notices;  // oldest first
  };
  std::map<std::string, Told> told_;
  std::int64_t sequence_ = 0;
  std::int64_t audit_sequence_ = 0;
  std::map<std::string, int> calls_;
  std::vector<Injection> injections_;
};

}  // namespace teal::test
