// Decisions of one application among all that are on its engine: what it may begin now, and what it is at then.
#include <algorithm>
#include <ranges>

#include "controllers/reconcile/entry.hpp"
#include "controllers/rollout/decide.hpp"

namespace teal::reconcile {
namespace {

template <class T>
bool is_a(const rollout::Action& action) {
  return std::holds_alternative<T>(action);
}

bool starts_replica(const rollout::Action& action) {
  const auto* start = std::get_if<rollout::StartContainer>(&action);
  return is_a<rollout::RunReplica>(action) || (start != nullptr && start->serves);
}

// On record from before it starts until its end is known or waited for no longer: so one that an earlier teald has
// started counts, and one that never ends does not keep others waiting for ever.
bool has_running_job(const rollout::Decision& decision) {
  const auto is_running = [](const records::JobRecord& job) { return job.state == records::JobState::Running; };
  return decision.next && (std::ranges::any_of(decision.next->jobs, is_running) ||
                           std::ranges::any_of(decision.next->hooks, is_running));
}

EngineTurns::Claims claims_of(const rollout::Decision& decision, int pulling) {
  using enum rollout::Turn;
  EngineTurns::Claims claims;
  claims[Pull].holds = pulling > 0 || std::ranges::any_of(decision.actions, is_a<rollout::PullImage>) ? 1 : 0;
  claims[Start].holds = static_cast<int>(std::ranges::count_if(decision.actions, starts_replica));
  claims[Migrate].holds = decision.taken.contains(Migrate) || has_running_job(decision) ? 1 : 0;
  for (const auto turn : decision.awaited) claims[turn].waits = true;
  return claims;
}

}  // namespace

std::map<std::string, EngineTurns> Reconciler::make_turns(const ports::Ports& ports) {
  std::map<std::string, EngineTurns> turns;
  for (const auto& [engine, limits] : ports.concurrency) turns.try_emplace(engine, limits);
  return turns;
}

// Looking, deciding and noting are one step: nobody else decides in between.
rollout::Decision Reconciler::decide_in_turn(const EntryPtr& entry, const records::ApplicationRecord& desired,
                                             const std::optional<records::RolloutRecord>& record,
                                             rollout::Observed& world, Time now) {
  const auto& name = desired.application.name;
  const auto& engine = ports_.engine_name(record ? records::placed_by(*record) : desired.application.spec);
  const auto since = record ? record->started_at : now;
  const auto turns = engine_turns_.find(engine);
  if (turns != engine_turns_.end()) world.turns = turns->second.seen(name, since, now);
  auto decision = rollout::decide(desired, record, world, now);
  for (auto& [other, others] : engine_turns_) {
    const auto claims = other == engine ? claims_of(decision, entry->memory.pulling) : EngineTurns::Claims{};
    wake_all(others.note(name, since, claims, now));
  }
  world.turns.clear();  // they are this moment's: neither the status nor a plan is to go by them
  return decision;
}

void Reconciler::end_turn(const std::string& application, rollout::Turn turn) {
  for (auto& [engine, turns] : engine_turns_) wake_all(turns.give_back(application, turn, ports_.clock->now()));
}

void Reconciler::forget_turns(const std::string& application) {
  for (auto& [engine, turns] : engine_turns_) wake_all(turns.forget(application, ports_.clock->now()));
}

void Reconciler::wake_all(const std::vector<std::string>& applications) {
  for (const auto& application : applications) hooks_.wake(application);
}

}  // namespace teal::reconcile
