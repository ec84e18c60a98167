#include "daemon/runtime/measured_store.hpp"

#include <utility>

#include "daemon/runtime/measured.hpp"

namespace teal::runtime {
namespace {

using boost::asio::awaitable;

class MeasuredStore final : public ports::Store {
 public:
  MeasuredStore(std::unique_ptr<ports::Store> store, ports::Telemetry& telemetry)
      : store_(std::move(store)), telemetry_(telemetry) {}

  awaitable<Result<std::string>> owner() override { return timed("owner", store_->owner()); }
  awaitable<Result<void>> take_owner(std::string owner) override {
    return timed("take_owner", store_->take_owner(std::move(owner)));
  }
  awaitable<Result<std::vector<records::ApplicationRecord>>> applications() override {
    return timed("applications", store_->applications());
  }
  awaitable<Result<std::vector<records::UnreadableApplication>>> unreadable_applications() override {
    return timed("unreadable_applications", store_->unreadable_applications());
  }
  awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(std::string application) override {
    return timed("unreadable_rollouts", store_->unreadable_rollouts(std::move(application)));
  }
  awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records, ports::CommitEntries entries) override {
    return timed("put", store_->put(std::move(records), std::move(entries)));
  }
  awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override {
    return timed("erase", store_->erase(std::move(application), std::move(entries)));
  }
  awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override {
    return timed("latest", store_->latest(std::move(application)));
  }
  awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application, std::size_t limit) override {
    return timed("rollouts", store_->rollouts(std::move(application), limit));
  }
  awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override {
    return timed("rollout", store_->rollout(std::move(application), revision));
  }
  awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record, ports::CommitEntries entries) override {
    return timed("commit", store_->commit(std::move(record), std::move(entries)));
  }
  awaitable<Result<std::set<std::string>>> migrated(std::string application, std::string image_digest) override {
    return timed("migrated", store_->migrated(std::move(application), std::move(image_digest)));
  }
  awaitable<Result<void>> append(ports::CommitEntries entries) override {
    return timed("append", store_->append(std::move(entries)));
  }
  awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query) override {
    return timed("events", store_->events(std::move(query)));
  }
  awaitable<Result<std::vector<records::AuditEntry>>> audit(ports::AuditQuery query) override {
    return timed("audit", store_->audit(std::move(query)));
  }
  awaitable<Result<std::size_t>> prune_audit(Time before) override {
    return timed("prune_audit", store_->prune_audit(before));
  }
  awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                   std::string text) override {
    return timed("keep_log", store_->keep_log(std::move(application), revision, std::move(source), std::move(text)));
  }
  awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                           int revision) override {
    return timed("logs", store_->logs(std::move(application), revision));
  }
  awaitable<Result<std::size_t>> prune_logs(Time now) override { return timed("prune_logs", store_->prune_logs(now)); }
  awaitable<Result<ports::DeliveredNotices>> told_notices(std::string webhook) override {
    return timed("told_notices", store_->told_notices(std::move(webhook)));
  }
  awaitable<Result<void>> settle_notice(std::string webhook, std::string notice, std::int64_t settled) override {
    return timed("settle_notice", store_->settle_notice(std::move(webhook), std::move(notice), settled));
  }

 private:
  template <class T>
  [[nodiscard]] awaitable<Result<T>> timed(std::string_view operation, awaitable<Result<T>> call) {
    return measured(&telemetry_, "store", operation, std::move(call));
  }

  std::unique_ptr<ports::Store> store_;
  ports::Telemetry& telemetry_;
};

}  // namespace

std::unique_ptr<ports::Store> measure_store(std::unique_ptr<ports::Store> store, ports::Telemetry& telemetry) {
  return std::make_unique<MeasuredStore>(std::move(store), telemetry);
}

}  // namespace teal::runtime
