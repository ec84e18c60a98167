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

namespace teal {

class FakeStore final : public Store {
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
  [[nodiscard]] const RolloutRecord* newest(const std::string& application) const;
  [[nodiscard]] const ApplicationRecord* application(const std::string& name) const;
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
  void spoil_newest(const std::string& application, std::function<void(UnreadableRollout&)> salvage = {});
  // Grows whenever an application or a rollout on record may have become another than it was.
  [[nodiscard]] std::uint64_t changes() const { return changes_; }
  // All kept logs, for assertions.
  [[nodiscard]] const auto& kept_logs() const { return logs_; }

  boost::asio::awaitable<Result<std::string>> owner() override;
  boost::asio::awaitable<Result<std::vector<ApplicationRecord>>> applications() override;
  boost::asio::awaitable<Result<std::vector<UnreadableApplication>>> unreadable_applications() override;
  boost::asio::awaitable<Result<void>> put(ApplicationRecord record, Happened happened) override;
  boost::asio::awaitable<Result<void>> erase(std::string application, Happened happened) override;
  boost::asio::awaitable<Result<std::optional<RolloutRecord>>> latest(std::string application) override;
  boost::asio::awaitable<Result<std::vector<RolloutRecord>>> rollouts(std::string application,
                                                                      std::size_t limit) override;
  boost::asio::awaitable<Result<std::vector<UnreadableRollout>>> unreadable_rollouts(std::string application) override;
  boost::asio::awaitable<Result<RolloutRecord>> rollout(std::string application, int revision) override;
  boost::asio::awaitable<Result<std::uint64_t>> commit(RolloutRecord record, Happened happened) override;
  boost::asio::awaitable<Result<std::set<std::string>>> migrated(std::string application,
                                                                 std::string image_digest) override;
  boost::asio::awaitable<Result<void>> append(Happened happened) override;
  boost::asio::awaitable<Result<std::vector<StoredEvent>>> events(EventQuery query) override;
  boost::asio::awaitable<Result<std::vector<AuditEntry>>> audit(AuditQuery query) override;
  boost::asio::awaitable<Result<std::size_t>> prune_audit(Time before) override;
  boost::asio::awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                                std::string text) override;
  boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                                        int revision) override;
  boost::asio::awaitable<Result<ToldNotices>> told_notices(std::string webhook) override;
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
  void insert(const Happened& happened);
  void prune(const std::string& application);

  std::map<std::string, ApplicationRecord> applications_;
  std::map<std::pair<std::string, int>, RolloutRecord> rollouts_;
  std::set<std::string> spoilt_applications_;
  std::map<std::pair<std::string, int>, UnreadableRollout> spoilt_rollouts_;
  std::map<std::pair<std::string, std::string>, std::set<std::string>> migrated_;
  std::map<std::pair<std::string, int>, std::map<std::string, std::string>> logs_;
  std::vector<StoredEvent> events_;
  std::vector<AuditEntry> audit_;
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

}  // namespace teal
