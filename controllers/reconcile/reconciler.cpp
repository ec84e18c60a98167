#include "controllers/reconcile/reconciler.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "controllers/mutants/mutated.hpp"
#include "controllers/reconcile/ask_database.hpp"
#include "controllers/reconcile/entry.hpp"
#include "controllers/reconcile/perform.hpp"
#include "controllers/rollout/decide.hpp"
#include "controllers/status/make_status.hpp"

namespace teal::reconcile {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

// A level-triggered controller may look again at any time; this bounds how long a missed event can go unnoticed.
constexpr Duration look_again_after = 10s;
constexpr Duration usual_gap = 15s;  // between two observations: that, and slow answers
constexpr Duration first_retry_delay = 200ms;
constexpr Duration longest_retry_delay = 5s;

// Traffic counts and analysed values change all the time; they are written with the next change that matters.
bool equal_except_counters(records::RolloutRecord a, const records::RolloutRecord& b) {
  a.traffic = b.traffic, a.pull = b.pull;
  a.standing.verified_probes = b.standing.verified_probes, a.standing.patience = b.standing.patience,
  a.standing.bake_from = b.standing.bake_from;
  if (a.standing.blame.whose == b.standing.blame.whose) a.standing.blame.at = b.standing.blame.at;
  for (std::size_t i = 0; i < std::min(a.analysis.size(), b.analysis.size()); ++i) {
    a.analysis[i].value = b.analysis[i].value;
    a.analysis[i].answer = b.analysis[i].answer;
    a.analysis[i].at = b.analysis[i].at;
  }
  return a == b;
}

// Notes that the world has just been seen, and since when it had not been.
void note_observed(PassMemory& memory, rollout::Observed& world, Time now) {
  const auto since = memory.observed_at ? now - *memory.observed_at : Duration{0};
  world.unobserved = std::max<Duration>(since - usual_gap, 0ms);
  const bool is_blind = world.unobserved > 0ms;
  world.first_look = is_blind && !memory.was_blind;  // not each time, when every look takes that long
  memory.was_blind = is_blind;
  memory.observed_at = now;
}

// Something would be done, or be on record, that was not before: not by what was kept alone.
bool acts(const rollout::Decision& decision, const std::optional<records::RolloutRecord>& record) {
  if (!decision.actions.empty() || !decision.events.empty() || decision.erase) return true;
  return decision.next && (!record || !equal_except_counters(*decision.next, *record));
}

std::vector<std::string> keys_of(const std::vector<rollout::Action>& actions) {
  std::vector<std::string> keys;
  for (const auto& action : actions) keys.push_back(key(action));
  return keys;
}

}  // namespace

Reconciler::Reconciler(ports::Ports ports, status::Board& board, Hooks hooks)
    : ports_(std::move(ports)), board_(board), hooks_(std::move(hooks)), engine_turns_(make_turns(ports_)) {}

Reconciler::~Reconciler() = default;

awaitable<Result<void>> Reconciler::load() {
  auto records = co_await ports_.store->applications();
  if (!records) co_return within("store", records.error());
  for (auto& record : *records) {
    const auto name = record.application.name;
    keep(name, std::move(record));
    const auto entry = find(name);
    unseen_.insert(name);
    // It exists, whatever the engine says in a moment.
    const rollout::Why why{spec::Reason::NotObserved, "teald has just started and has not looked at it yet"};
    publish(entry, status::unobserved_status(entry->record, why, entry->shown_status(), ports_.clock->now()));
  }
  if (auto rest = co_await load_unreadable(); !rest) co_return rest;
  loaded_ = true;
  co_return Result<void>{};
}

std::vector<std::string> Reconciler::names() const {
  std::vector<std::string> all;
  for (const auto& [name, entry] : entries_) all.push_back(name);
  return all;
}

awaitable<std::optional<Time>> Reconciler::reconcile(std::string name) {
  auto again = co_await look_for(name);
  if (!again) again = co_await judge_again();
  const auto entry = find(name);
  if (!entry) co_return again;
  const auto begun = ports_.clock->now();
  const auto wake_at = co_await pass(entry);
  end_turn(name, rollout::Turn::Start);  // they have been started, or could not be
  unseen_.erase(name);
  const auto now = ports_.clock->now();
  ports_.telemetry->reconciled(now - begun);
  if (!find(name)) co_return wake_at;  // it was deleted
  co_return std::min({wake_at.value_or(Time::max()), again.value_or(Time::max()), now + look_again_after});
}

awaitable<Result<void>> Reconciler::ensure_loaded(EntryPtr entry) {
  if (entry->rollout_loaded) co_return Result<void>{};
  auto latest = co_await entry->ports->store->latest(entry->record.application.name);
  if (!latest) co_return within("store", latest.error());
  if (*latest) {
    // Neither the deadline for progress nor a bake goes on while no teald looks, nor is every sign of them written.
    auto& stored = **latest;
    const std::optional<Time> now = ports_.clock->now();
    if (!records::is_terminal(stored.standing.phase)) {
      stored.standing.patience.since =
          std::max(stored.standing.patience.since, entry->rollout ? entry->rollout->standing.patience.since : now);
      stored.standing.bake_from =
          std::max(stored.standing.bake_from, entry->rollout ? entry->rollout->standing.bake_from : now);
      if (entry->rollout && entry->rollout->standing.blame.at > stored.standing.blame.at)
        stored.standing.blame = entry->rollout->standing.blame;
    }
  }
  entry->rollout = std::move(*latest);
  entry->rollout_loaded = true;
  note_in_use(entry);
  if (ports_.tracer != nullptr && entry->rollout) ports_.tracer->rollout(*entry->rollout);
  co_return Result<void>{};
}

awaitable<std::optional<Time>> Reconciler::pass(EntryPtr entry) {
  auto ready = co_await ensure_readable(entry);
  if (!ready && ready.error().code == ErrorCode::invalid) {
    forget_turns(entry->record.application.name);
    co_return co_await hold_unreadable(entry, ready.error().message);
  }
  if (!ready) co_return retry_later(entry, spec::Reason::StoreUnavailable, ready.error());

  const auto desired = entry->record;
  const auto record = entry->rollout;
  auto world = co_await observe(*entry->ports, desired, record, entry->memory);
  if (!world) co_return retry_later(entry, spec::Reason::NotObserved, world.error());
  if (hooks_.turn) co_await hooks_.turn();
  auto now = ports_.clock->now();
  note_observed(entry->memory, *world, now);
  co_await tell_strangers(entry, world->strangers);
  if (!record && !desired.deleting) {
    if (const auto again = co_await meet_others(entry, *world)) co_return again;
  }
  auto decision = decide_in_turn(entry, desired, record, *world, now);
  if (acts(decision, record)) {
    const auto same = co_await is_as_seen(*entry->ports, desired, record, entry->memory);
    if (!same) co_return retry_later(entry, spec::Reason::NotObserved, same.error());
    if (!*same) {
      world = co_await observe_again(*entry->ports, desired, record, entry->memory, *world);
      if (!world) co_return retry_later(entry, spec::Reason::NotObserved, world.error());
    }
    // The engine took its time, and the clock may have been set back meanwhile: what is recorded as decided later than
    // it is done would not be known again by its time (is_delivered).
    const auto later = ports_.clock->now();
    if (!*same || later < now) {
      now = later;
      decision = decide_in_turn(entry, desired, record, *world, now);
    }
  }
  if (mutants::mutated("o3-acts-before-it-commits")) co_await perform_all(entry, decision.actions);

  if (decision.next) {
    const bool changed = !entry->rollout || !equal_except_counters(*decision.next, *entry->rollout);
    if (changed || !decision.events.empty()) {
      auto stored = co_await commit(entry, std::move(*decision.next), std::move(decision.events));
      if (!stored && stored.error().code == ErrorCode::conflict) co_return now;  // a verb was faster: look again
      if (!stored && !mutants::mutated("o3-acts-without-a-store"))
        co_return retry_later(entry, spec::Reason::StoreUnavailable, stored.error());
    } else {
      measure_traffic(entry->rollout, *decision.next);
      entry->rollout = std::move(decision.next);
    }
  }
  entry->failed_passes = 0;
  publish(entry, status::make_status(entry->record, entry->rollout, *world, decision.why, entry->shown_status(), now));
  entry->seen = std::make_shared<const rollout::Observed>(std::move(*world));
  entry->acted = decision.actions;
  if (decision.erase) co_return co_await erase(entry);
  if (decision.actions.empty()) {
    entry->last_keys.clear();
    co_return decision.wake_at;
  }

  auto keys = keys_of(decision.actions);
  entry->repeats = keys == entry->last_keys ? entry->repeats + 1 : 0;
  entry->last_keys = std::move(keys);
  co_await perform_all(entry, std::move(decision.actions));
  // The same actions again and again mean that the world does not follow: no need to hurry.
  co_return ports_.clock->now() +
      (entry->repeats < 3 ? 0ms : std::min<Duration>(1s, 10ms * (1 << std::min(entry->repeats, 7))));
}

awaitable<Result<void>> Reconciler::commit(EntryPtr entry, records::RolloutRecord next, ports::CommitEntries entries) {
  auto version = co_await entry->ports->store->commit(next, entries);
  if (!version) {
    // Somebody else wrote, or it may have been written all the same: what is in the store has to be read again.
    entry->rollout_loaded = false;
    co_return version.error();
  }
  next.version = *version;
  measure(entry->rollout, next);
  measure_traffic(entry->rollout, next);
  entry->rollout = std::move(next);
  note_in_use(entry);
  if (ports_.tracer != nullptr) ports_.tracer->rollout(*entry->rollout);
  tell(entries.events);
  co_return Result<void>{};
}

awaitable<void> Reconciler::perform_all(EntryPtr entry, std::vector<rollout::Action> actions) {
  const auto executor = co_await boost::asio::this_coro::executor;
  using Operation = decltype(boost::asio::co_spawn(executor, std::declval<awaitable<void>>(), boost::asio::deferred));
  std::vector<Operation> operations;
  records::RolloutRecord unknown;  // containers of ours without a rollout on record: they only need to be removed
  unknown.application = entry->record.application.name;
  unknown.course.target.application = entry->record.application;
  const auto record = entry->rollout.value_or(std::move(unknown));
  for (auto& action : actions) {
    auto task = perform_one(entry, record, action);
    if (rollout::is_in_background(action)) {
      entry->memory.running.insert(key(action));
      if (std::holds_alternative<rollout::PullImage>(action)) ++entry->memory.pulling;
      hooks_.spawn(key(action), std::move(task));
    } else {
      operations.push_back(boost::asio::co_spawn(executor, std::move(task), boost::asio::deferred));
    }
  }
  if (operations.empty()) co_return;
  auto group = boost::asio::experimental::make_parallel_group(std::move(operations));
  auto [order, errors] =
      co_await group.async_wait(boost::asio::experimental::wait_for_all(), boost::asio::use_awaitable);
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

awaitable<void> Reconciler::perform_one(EntryPtr entry, records::RolloutRecord record, rollout::Action action) {
  const auto name = key(action);
  const auto* ask = std::get_if<rollout::AskDatabase>(&action);
  auto doing = ask ? ask_database(*entry->ports, record, *ask, entry->memory.databases[ask->job])
                   : perform(*entry->ports, record, action);
  const auto done = co_await std::move(doing);
  entry->memory.running.erase(name);
  if (std::holds_alternative<rollout::PullImage>(action) && --entry->memory.pulling == 0)
    end_turn(record.application, rollout::Turn::Pull);
  if (done) {
    entry->memory.failures.erase(name);
    if (std::holds_alternative<rollout::PullImage>(action)) entry->memory.pulled = records::rollout_name(record);
    // It was given values that were read just now, and may say them.
    if (std::holds_alternative<rollout::CreateJob>(action) || std::holds_alternative<rollout::RunReplica>(action))
      entry->memory.secrets_at.reset();
  } else {
    const auto now = ports_.clock->now();
    auto& failure = entry->memory.failures[name];
    if (failure.count++ == 0) failure.first_at = now;
    failure.last_at = now;
    failure.error = done.error();
    ports_.telemetry->reconcile_error(to_string(done.error().code));
    if (failure.count == 1) {
      records::Event event;
      event.time = now;
      event.warning = true;
      event.reason = spec::Reason::ActionFailed;
      event.message = done.error().message;
      event.application = record.application;
      event.object = "Rollout/" + records::rollout_name(record);
      const std::vector<records::Event> events{event};
      if (co_await ports_.store->append(events)) tell(events);
    }
  }
  if (rollout::is_in_background(action)) hooks_.wake(record.application);
}

awaitable<std::optional<Time>> Reconciler::erase(EntryPtr entry) {
  const auto name = entry->record.application.name;
  records::Event event;
  event.time = ports_.clock->now();
  event.reason = spec::Reason::Deleted;
  event.message = "the application and all that belonged to it are gone";
  event.application = name;
  event.object = "Application/" + name;
  const std::vector<records::Event> events{event};
  if (auto erased = co_await ports_.store->erase(name, events); !erased) {
    co_return retry_later(entry, spec::Reason::StoreUnavailable, erased.error());
  }
  tell(events);
  ports_.health->watch(name, {});
  ports_.health->watch_traffic(name, {});
  if (ports_.analyst != nullptr) ports_.analyst->watch(name, {});
  ports_.telemetry->forget(name);
  if (ports_.tracer != nullptr) ports_.tracer->forget(name);
  register_.erase(name);
  entries_.erase(name);
  board_.remove(name);
  forget_turns(name);
  co_return co_await judge_again();
}

// A pass that could not be finished: said in the status, tried again after a while.
std::optional<Time> Reconciler::retry_later(const EntryPtr& entry, const spec::Reason& reason, const Error& error) {
  ports_.telemetry->reconcile_error(to_string(error.code));
  const auto delay =
      std::min<Duration>(longest_retry_delay, first_retry_delay * (1 << std::min(entry->failed_passes, 5)));
  entry->failed_passes += 1;
  const auto now = ports_.clock->now();
  publish(entry, status::unobserved_status(entry->record, {reason, error.message}, entry->shown_status(), now));
  return now + delay;
}

void Reconciler::show_order(const EntryPtr& entry) {
  if (entry->shown) publish(entry, entry->shown->status);
}

void Reconciler::publish(const EntryPtr& entry, objects::ApplicationStatus status) {
  const auto& name = entry->record.application.name;
  ports_.telemetry->application(name, status::make_gauges(entry->rollout, status));
  status::ApplicationView view;
  view.record = entry->record;
  view.status = std::move(status);
  view.rollout = entry->rollout;
  entry->shown = board_.publish(std::move(view));
}

void Reconciler::tell(const std::vector<records::Event>& events) {
  for (const auto& event : events) hooks_.told(event);
}

}  // namespace teal::reconcile
