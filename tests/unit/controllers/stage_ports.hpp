// The fakes behind the gate, and the small ports that have no fake of their own.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/health.hpp"
#include "controllers/ports/secrets.hpp"
#include "tests/support/no_telemetry.hpp"
#include "tests/unit/controllers/stage.hpp"

namespace teal::test {

using boost::asio::awaitable;

template <class T>
awaitable<Result<T>> through(Gate& gate, std::string what, awaitable<Result<T>> call) {
  const auto mode = gate.enter(what);
  if (mode == Gate::Mode::DieBefore) gate.die();
  if (mode == Gate::Mode::Fail) co_return Error{ErrorCode::unavailable, what + ": connection refused"};
  auto result = co_await std::move(call);
  if (mode == Gate::Mode::DieAfter) gate.die();
  if (mode == Gate::Mode::LoseAnswer) co_return Error{ErrorCode::timed_out, what + ": no answer in time"};
  co_return result;
}

class GatedEngine : public ports::Engine {
 public:
  GatedEngine(ports::Engine& engine, Gate& gate, std::function<void(const std::string&)> started)
      : engine_(engine), gate_(gate), started_(std::move(started)) {}

  awaitable<Result<std::vector<world::Container>>> list(std::string application) override {
    return through(gate_, "list", engine_.list(std::move(application)));
  }
  // As a rule no call, so that nothing can happen to it on its way.
  awaitable<Result<std::vector<world::Container>>> kept(std::string application) override {
    return engine_.keeps() ? engine_.kept(std::move(application)) : list(std::move(application));
  }
  bool keeps() const override { return engine_.keeps(); }
  std::vector<world::Stranger> strangers(const std::string& application) const override {
    return engine_.strangers(application);
  }
  std::map<std::string, std::vector<world::Container>> of_others(const std::string& application) const override {
    return engine_.of_others(application);
  }
  void take_owner(const std::string& owner) override { engine_.take_owner(owner); }
  awaitable<Result<world::Image>> image(std::string reference) override {
    return through(gate_, "image", engine_.image(std::move(reference)));
  }
  awaitable<Result<world::Image>> pull(std::string reference) override {
    return through(gate_, "pull", engine_.pull(std::move(reference)));
  }
  awaitable<std::optional<std::uint64_t>> room() override { return engine_.room(); }
  awaitable<Result<std::string>> create(ports::ContainerSpec spec) override {
    return through(gate_, "create", engine_.create(std::move(spec)));
  }
  awaitable<Result<void>> start(std::string id) override { return through(gate_, "start", watched_start(id)); }
  awaitable<Result<void>> stop(std::string id, std::string signal) override {
    return through(gate_, "signal", engine_.stop(std::move(id), std::move(signal)));
  }
  awaitable<Result<void>> remove(std::string id) override {
    return through(gate_, "remove", engine_.remove(std::move(id)));
  }
  awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) override {
    return through(gate_, "logs", engine_.logs(std::move(id), max_bytes));
  }
  awaitable<Result<ports::Exposure>> exposure(std::string id) override {
    return through(gate_, "exposure", engine_.exposure(std::move(id)));
  }
  awaitable<Result<ports::Exposure>> image_exposure(std::string image_id) override {
    return through(gate_, "image_exposure", engine_.image_exposure(std::move(image_id)));
  }

 private:
  awaitable<Result<void>> watched_start(std::string id) {
    auto result = co_await engine_.start(id);
    started_(id);
    co_return result;
  }

  ports::Engine& engine_;
  Gate& gate_;
  std::function<void(const std::string&)> started_;
};

class GatedBalancer final : public ports::LoadBalancer {
 public:
  GatedBalancer(ports::LoadBalancer& balancer, Gate& gate) : balancer_(balancer), gate_(gate) {}

  awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    return through(gate_, "servers", balancer_.servers(std::move(backend)));
  }
  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override {
    return balancer_.leftover(backend);
  }
  awaitable<Result<std::vector<std::string>>> obstacles(std::string backend) override {
    return balancer_.obstacles(std::move(backend));  // reads once more what `servers` has read
  }
  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    return through(gate_, "add", balancer_.attach(std::move(backend), std::move(spec)));
  }
  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    return through(gate_, "ready", balancer_.admit(std::move(backend), std::move(name)));
  }
  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    return through(gate_, "drain", balancer_.drain(std::move(backend), std::move(name)));
  }
  awaitable<Result<void>> detach(std::string backend, std::string name, bool cut) override {
    return through(gate_, "remove server", balancer_.detach(std::move(backend), std::move(name), cut));
  }

 private:
  ports::LoadBalancer& balancer_;
  Gate& gate_;
};

class GatedDatabase final : public ports::Database {
 public:
  GatedDatabase(ports::Database& database, Gate& gate) : database_(database), gate_(gate) {}

  awaitable<Result<world::DatabaseView>> lock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "lock", database_.lock(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> look(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "look", database_.look(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> begin(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "begin", database_.begin(std::move(access), std::move(key)));
  }
  awaitable<Result<world::DatabaseView>> finish(ports::DatabaseAccess access, ports::LedgerKey key,
                                                world::LedgerOutcome outcome, std::optional<int> exit_code) override {
    return through(gate_, "finish", database_.finish(std::move(access), std::move(key), outcome, exit_code));
  }
  awaitable<Result<world::DatabaseView>> abandon(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "abandon", database_.abandon(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> confirm(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "confirm", database_.confirm(std::move(access), std::move(key)));
  }
  awaitable<Result<void>> unlock(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "unlock", database_.unlock(std::move(access), std::move(key)));
  }
  awaitable<Result<std::vector<objects::Finding>>> preflight(ports::DatabaseAccess access, ports::LedgerKey key,
                                                             bool strict) override {
    return through(gate_, "preflight", database_.preflight(std::move(access), std::move(key), strict));
  }
  awaitable<Result<std::vector<std::string>>> ungranted(ports::DatabaseAccess access, ports::LedgerKey key) override {
    return through(gate_, "ungranted", database_.ungranted(std::move(access), std::move(key)));
  }

 private:
  ports::Database& database_;
  Gate& gate_;
};

class GatedStore : public ports::Store {
 public:
  GatedStore(ports::Store& store, Gate& gate) : store_(store), gate_(gate) {}

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
    return through(gate_, "put", store_.put(std::move(records), std::move(entries)));
  }
  awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override {
    return through(gate_, "erase", store_.erase(std::move(application), std::move(entries)));
  }
  awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override {
    return through(gate_, "latest", store_.latest(std::move(application)));
  }
  awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application, std::size_t limit) override {
    return store_.rollouts(std::move(application), limit);
  }
  awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override {
    return store_.rollout(std::move(application), revision);
  }
  awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record, ports::CommitEntries entries) override {
    return through(gate_, "commit", store_.commit(std::move(record), std::move(entries)));
  }
  awaitable<Result<std::set<std::string>>> migrated(std::string application, std::string digest) override {
    return through(gate_, "migrated", store_.migrated(std::move(application), std::move(digest)));
  }
  awaitable<Result<void>> append(ports::CommitEntries entries) override {
    return through(gate_, "append", store_.append(std::move(entries)));
  }
  awaitable<Result<std::vector<ports::StoredEvent>>> events(ports::EventQuery query) override {
    return store_.events(std::move(query));
  }
  awaitable<Result<std::vector<records::AuditEntry>>> audit(ports::AuditQuery query) override {
    return store_.audit(std::move(query));
  }
  awaitable<Result<std::size_t>> prune_audit(Time before) override { return store_.prune_audit(before); }
  awaitable<Result<void>> keep_log(std::string application, int revision, std::string source,
                                   std::string text) override {
    return through(gate_, "keep_log",
                   store_.keep_log(std::move(application), revision, std::move(source), std::move(text)));
  }
  awaitable<Result<std::vector<std::pair<std::string, std::string>>>> logs(std::string application,
                                                                           int revision) override {
    return store_.logs(std::move(application), revision);
  }
  awaitable<Result<ports::DeliveredNotices>> told_notices(std::string webhook) override {
    return store_.told_notices(std::move(webhook));
  }
  awaitable<Result<void>> settle_notice(std::string webhook, std::string notice, std::int64_t settled) override {
    return store_.settle_notice(std::move(webhook), std::move(notice), settled);
  }

 private:
  ports::Store& store_;
  Gate& gate_;
};

// Values are what their source says, or what `changed` has for it; nothing is read.
class PlainSecrets final : public ports::Secrets {
 public:
  // `unreadable`: sources that cannot be read now; outlives it.
  explicit PlainSecrets(const std::set<std::string>* unreadable = nullptr) : unreadable_(unreadable) {}
  const std::map<std::string, std::string>* changed = nullptr;  // by path
  std::vector<std::string>* was_read = nullptr;                 // what was read from elsewhere, in this order

  awaitable<Result<masking::Secret>> read(spec::ValueSource source) override {
    if (was_read != nullptr && source.kind != spec::ValueSource::Kind::Literal) was_read->push_back(source.text);
    if (unreadable_ != nullptr && unreadable_->contains(source.text)) {
      co_return Error{ErrorCode::not_found, source.text + ": No such file or directory"};
    }
    if (source.kind == spec::ValueSource::Kind::Literal) co_return masking::Secret{source.text};
    if (changed != nullptr && changed->contains(source.text)) co_return masking::Secret{changed->at(source.text)};
    co_return masking::Secret{"the value of " + source.text};
  }
  awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string path) override {
    if (was_read != nullptr) was_read->push_back(path);
    co_return masking::SecretEnvironment{};
  }

 private:
  const std::set<std::string>* unreadable_;
};

}  // namespace teal::test
