// The fakes as a teald (or a fault before it) reaches them, with the monitors told of each effect as it happens.
#pragma once

#include <string>
#include <utility>

#include "tests/simulation/monitors/monitors.hpp"

namespace teal::simulation {

class WatchedEngine final : public ports::Engine {
 public:
  WatchedEngine(test::FakeEngine& engine, Monitors& monitors) : engine_(engine), monitors_(monitors) {}

  boost::asio::awaitable<Result<std::vector<world::Container>>> list(std::string application) override;
  [[nodiscard]] std::vector<world::Stranger> strangers(const std::string& application) const override {
    return engine_.strangers(application);
  }
  [[nodiscard]] std::map<std::string, std::vector<world::Container>> of_others(
      const std::string& application) const override {
    return engine_.of_others(application);
  }
  void take_owner(const std::string& owner) override { engine_.take_owner(owner); }
  boost::asio::awaitable<Result<world::Image>> image(std::string reference) override;
  boost::asio::awaitable<Result<world::Image>> pull(std::string reference) override;
  boost::asio::awaitable<Result<std::string>> create(ports::ContainerSpec spec) override;
  boost::asio::awaitable<Result<void>> start(std::string id) override;
  boost::asio::awaitable<Result<void>> stop(std::string id, std::string signal) override;
  boost::asio::awaitable<Result<void>> remove(std::string id) override;
  boost::asio::awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) override;
  boost::asio::awaitable<Result<ports::Exposure>> exposure(std::string id) override;
  boost::asio::awaitable<Result<ports::Exposure>> image_exposure(std::string image_id) override;

 private:
  test::FakeEngine& engine_;
  Monitors& monitors_;
};

class WatchedBalancer final : public ports::LoadBalancer {
 public:
  WatchedBalancer(std::string name, test::FakeLoadBalancer& balancer, Monitors& monitors)
      : name_(std::move(name)), balancer_(balancer), monitors_(monitors) {}

  boost::asio::awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override;
  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override {
    return balancer_.leftover(backend);
  }
  boost::asio::awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override;
  boost::asio::awaitable<Result<void>> admit(std::string backend, std::string name) override;
  boost::asio::awaitable<Result<void>> drain(std::string backend, std::string name) override;
  boost::asio::awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override;

 private:
  [[nodiscard]] Effect effect(Effect::Kind kind, const std::string& backend, const std::string& name) const;

  std::string name_;
  test::FakeLoadBalancer& balancer_;
  Monitors& monitors_;
};

class WatchedStore final : public ports::Store {
 public:
  WatchedStore(test::FakeStore& store, Monitors& monitors) : store_(store), monitors_(monitors) {}

  boost::asio::awaitable<Result<std::string>> owner() override { return store_.owner(); }
  boost::asio::awaitable<Result<void>> take_owner(std::string owner) override {
    return store_.take_owner(std::move(owner));
  }
  boost::asio::awaitable<Result<std::vector<records::ApplicationRecord>>> applications() override {
    return store_.applications();
  }
  boost::asio::awaitable<Result<std::vector<records::UnreadableApplication>>> unreadable_applications() override {
    return store_.unreadable_applications();
  }
  boost::asio::awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(
      std::string application) override {
    return store_.unreadable_rollouts(std::move(application));
  }
  using ports::Store::put;
  boost::asio::awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records,
                                           ports::CommitEntries entries) override {
    for (const auto& record : records) {
      monitors_.edited(record.application.name);
      monitors_.said("an application's problem", record.problem);
      monitors_.said("an application's values", record.values.problem);
    }
    look_at(entries);
    return put_audited(std::move(records), std::move(entries));
  }
  boost::asio::awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override;
  boost::asio::awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override {
    return store_.latest(std::move(application));
  }
  boost::asio::awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application,
                                                                               std::size_t limit) override {
    return store_.rollouts(std::move(application), limit);
  }
  boost::asio::awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override {
    return store_.rollout(std::move(application), revision);
  }
  boost::asio::awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record,
                                                       ports::CommitEntries entries) override;
  boost::asio::awaitable<Result<std::set<std::string>>> migrated(std::string application,
                                                                 std::string image_digest) override {
    return store_.migrated(std::move(application), std::move(image_digest));
  }
  boost::asio::awaitable<Result<void>> append(ports::CommitEntries entries) override {
    look_at(entries);
    return store_.append(std::move(entries));
  }
  boost::asio::awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query) override {
    return store_.events(std::move(query));
  }
  boost::asio::awaitable<Result<std::vector<records::AuditEntry>>> audit(ports::AuditQuery query) override {
    return store_.audit(std::move(query));
  }
  boost::asio::awaitable<Result<std::size_t>> prune_audit(Time before) override { return store_.prune_audit(before); }
  boost::asio::awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                                std::string text) override {
    monitors_.said("the kept log of " + source, text);
    return store_.keep_log(std::move(application), revision, std::move(source), std::move(text));
  }
  boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                                        int revision) override {
    return store_.logs(std::move(application), revision);
  }
  boost::asio::awaitable<Result<ports::DeliveredNotices>> told_notices(std::string webhook) override {
    return store_.told_notices(std::move(webhook));
  }
  boost::asio::awaitable<Result<void>> settle_notice(std::string webhook, std::string notice,
                                                     std::int64_t settled) override {
    return store_.settle_notice(std::move(webhook), std::move(notice), settled);
  }

 private:
  boost::asio::awaitable<Result<void>> put_audited(std::vector<records::ApplicationRecord> records,
                                                   ports::CommitEntries entries);
  void look_at(const ports::CommitEntries& entries) {
    for (const auto& entry : entries.audit) monitors_.said("the audit", entry.patch);
    for (const auto& event : entries.events) monitors_.said("an event", event.message);
  }

  test::FakeStore& store_;
  Monitors& monitors_;
};

}  // namespace teal::simulation
