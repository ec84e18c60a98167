#include "daemon/drivers/tracing/watched_ports.hpp"

namespace teal::tracing {
namespace {

using boost::asio::awaitable;

class WatchedStore final : public ports::Store {
 public:
  WatchedStore(CallWatchPtr watch, ports::Store& store) : watch_(std::move(watch)), store_(store) {}

  awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override {
    return told("latest", CallKind::Reads, store_.latest(std::move(application)));
  }
  awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override {
    return told("rollout", CallKind::Reads, store_.rollout(std::move(application), revision));
  }
  awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record, ports::CommitEntries entries) override {
    return told("commit", CallKind::Changes, store_.commit(std::move(record), std::move(entries)));
  }
  awaitable<Result<std::set<std::string>>> migrated(std::string application, std::string image_digest) override {
    return told("migrated", CallKind::Reads, store_.migrated(std::move(application), std::move(image_digest)));
  }
  awaitable<Result<void>> append(ports::CommitEntries entries) override {
    return told("append", CallKind::Changes, store_.append(std::move(entries)));
  }
  awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                   std::string text) override {
    Call about{"store", "keep_log", CallKind::Changes, {}};
    about.attributes.emplace_back("container.name", source);
    return CallWatch::run(watch_, std::move(about),
                          store_.keep_log(std::move(application), revision, std::move(source), std::move(text)));
  }

  // No part of a rollout.
  awaitable<Result<std::string>> owner() override { return store_.owner(); }
  awaitable<Result<void>> take_owner(std::string owner) override { return store_.take_owner(std::move(owner)); }
  awaitable<Result<std::vector<records::ApplicationRecord>>> applications() override { return store_.applications(); }
  awaitable<Result<std::vector<records::UnreadableApplication>>> unreadable_applications() override {
    return store_.unreadable_applications();
  }
  awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(std::string application) override {
    return store_.unreadable_rollouts(std::move(application));
  }
  awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records, ports::CommitEntries entries) override {
    return store_.put(std::move(records), std::move(entries));
  }
  awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override {
    return store_.erase(std::move(application), std::move(entries));
  }
  awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application, std::size_t limit) override {
    return store_.rollouts(std::move(application), limit);
  }
  awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query) override {
    return store_.events(std::move(query));
  }
  awaitable<Result<std::vector<records::AuditEntry>>> audit(ports::AuditQuery query) override {
    return store_.audit(std::move(query));
  }
  awaitable<Result<std::size_t>> prune_audit(Time before) override { return store_.prune_audit(before); }
  awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                           int revision) override {
    return store_.logs(std::move(application), revision);
  }
  awaitable<Result<std::size_t>> prune_logs(Time now) override { return store_.prune_logs(now); }
  awaitable<Result<ports::DeliveredNotices>> told_notices(std::string webhook) override {
    return store_.told_notices(std::move(webhook));
  }
  awaitable<Result<void>> settle_notice(std::string webhook, std::string notice, std::int64_t settled) override {
    return store_.settle_notice(std::move(webhook), std::move(notice), settled);
  }

 private:
  template <class T>
  [[nodiscard]] awaitable<Result<T>> told(std::string_view operation, CallKind kind, awaitable<Result<T>> work) {
    Call about{"store", operation, kind, {}};
    return CallWatch::run(watch_, std::move(about), std::move(work));
  }

  CallWatchPtr watch_;
  ports::Store& store_;
};

}  // namespace

std::unique_ptr<ports::Store> watch_store(CallWatchPtr watch, ports::Store& store) {
  return std::make_unique<WatchedStore>(std::move(watch), store);
}

}  // namespace teal::tracing
