#include <fmt/format.h>

#include "tests/simulation/travel.hpp"

namespace teal::simulation {

namespace {

class DisturbedStore final : public ports::Store {
 public:
  explicit DisturbedStore(Way& way) : way_(way), store_(way.world.store, *way.world.monitors) {}

  awaitable<Result<std::string>> owner() override { return store_.owner(); }
  awaitable<Result<std::vector<records::ApplicationRecord>>> applications() override { return store_.applications(); }
  awaitable<Result<std::vector<records::UnreadableApplication>>> unreadable_applications() override {
    return store_.unreadable_applications();
  }
  awaitable<Result<std::vector<records::UnreadableRollout>>> unreadable_rollouts(std::string application) override {
    return store_.unreadable_rollouts(std::move(application));
  }
  awaitable<Result<void>> put(std::vector<records::ApplicationRecord> records, ports::CommitEntries entries) override {
    const auto name = records.empty() ? std::string{} : records.front().application.name;
    return go<void>("put", name, store_.put(std::move(records), std::move(entries)));
  }
  awaitable<Result<void>> erase(std::string application, ports::CommitEntries entries) override {
    return go<void>("erase", application, store_.erase(application, std::move(entries)));
  }
  awaitable<Result<std::optional<records::RolloutRecord>>> latest(std::string application) override {
    return go<std::optional<records::RolloutRecord>>("latest", application, store_.latest(application));
  }
  awaitable<Result<std::vector<records::RolloutRecord>>> rollouts(std::string application, std::size_t limit) override {
    return go<std::vector<records::RolloutRecord>>("rollouts", application, store_.rollouts(application, limit));
  }
  awaitable<Result<records::RolloutRecord>> rollout(std::string application, int revision) override {
    return go<records::RolloutRecord>("rollout", application, store_.rollout(application, revision));
  }
  awaitable<Result<std::uint64_t>> commit(records::RolloutRecord record, ports::CommitEntries entries) override {
    const auto name = record.application;
    return go<std::uint64_t>("commit", name, note_phase(std::move(record), std::move(entries)));
  }
  awaitable<Result<std::set<std::string>>> migrated(std::string application, std::string digest) override {
    return go<std::set<std::string>>("migrated", application, store_.migrated(application, std::move(digest)));
  }
  awaitable<Result<void>> append(ports::CommitEntries entries) override {
    const auto application = entries.events.empty() ? std::string{} : entries.events.front().application;
    return go<void>("append", application, store_.append(std::move(entries)));
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
    return go<void>("keep_log", application,
                    store_.keep_log(application, revision, std::move(source), std::move(text)));
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
  // A store keeps what it was told, or says that it did not; whoever asked may die before it hears that.
  template <class T>
  awaitable<Result<T>> go(const char* what, std::string application, awaitable<Result<T>> effect) {
    auto& world = way_.world;
    auto& faults = world.faults;
    co_await sleep(world.timeline, way_.life, way_.loop, Duration{1});
    const auto at = world.phase(application);
    world.trace.mark(world.timeline.now(), what);
    const auto say = [&](Fault fault) {
      world.say(fmt::format("fault: {} {}", to_string(fault), what));
      world.monitors->hindered(application);
    };
    if (faults.strikes(Fault::CrashBeforeCall, 0.002, at)) {
      say(Fault::CrashBeforeCall);
      co_await halt(way_);
    }
    if (world.is_away("store")) world.monitors->hindered(application);
    if (world.is_away("store")) co_return Error{ErrorCode::unavailable, "store: the disk is full"};
    if (faults.strikes(Fault::StoreFails, 0.02, at)) {
      say(Fault::StoreFails);
      co_return Error{ErrorCode::unavailable, "store: the disk is full"};
    }
    if (faults.strikes(Fault::StoreConflict, 0.02, at)) {
      say(Fault::StoreConflict);
      co_return Error{ErrorCode::conflict, "store: changed by somebody else"};
    }
    auto result = co_await std::move(effect);
    if (faults.strikes(Fault::CrashAfterCall, 0.002, at)) {
      say(Fault::CrashAfterCall);
      co_await halt(way_);
    }
    if (faults.strikes(Fault::StoreAnswerLost, 0.02, at)) {
      say(Fault::StoreAnswerLost);
      co_return Error{ErrorCode::timed_out, "store: no answer"};
    }
    co_return result;
  }

  awaitable<Result<std::uint64_t>> note_phase(records::RolloutRecord record, ports::CommitEntries entries) {
    auto& world = way_.world;
    const auto name = record.application;
    const auto phase = record.standing.phase;
    const auto message = record.outcome.message;
    const auto before = world.phase(name);
    const bool paused = record.orders.paused;
    const auto text = records::rollout_name(record);
    auto version = co_await store_.commit(std::move(record), std::move(entries));
    world.trace.mark(world.timeline.now(), "committed");
    if (!version || before == phase) co_return version;
    world.say(fmt::format("{} is {}{}: {}", text, to_string(phase), paused ? " (paused)" : "", message));
    // Whatever can go wrong likes to do so just when something new begins.
    auto& random = world.faults.stream(Fault::Crash);
    const bool brief = phase == spec::Phase::Withdrawing || phase == spec::Phase::Retiring;
    const auto fault = random.one_in(brief ? 1 : 3) ? world.faults.any_timed(random) : std::nullopt;
    if (fault) {
      const auto delay = random.between(Duration{0}, Duration{brief ? 20 : random.one_in(2) ? 50 : 4000});
      world.timeline.in(delay, Timeline::world, [&world, fault = *fault, name] {
        if (world.faults.active()) world.strike(fault, name);
      });
    }
    co_return version;
  }

  Way& way_;
  WatchedStore store_;
};

}  // namespace

std::unique_ptr<ports::Store> make_disturbed_store(Way& way) { return std::make_unique<DisturbedStore>(way); }

}  // namespace teal::simulation
