#include "controllers/rollout/pass.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/evidence_of.hpp"
#include "controllers/rollout/phases.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

constexpr int hopeless_after = 3;

// 250 ms, 500 ms … 10 s.
Duration backoff(int failures) { return std::min<Duration>(10s, 250ms * (1 << std::min(failures - 1, 6))); }

bool may_mend(ErrorCode code) {
  switch (code) {
    case ErrorCode::not_found:
    case ErrorCode::invalid:
    case ErrorCode::denied:
      return false;
    case ErrorCode::conflict:
    case ErrorCode::unavailable:
    case ErrorCode::timed_out:
    case ErrorCode::unhealthy:
    case ErrorCode::cancelled:
    case ErrorCode::internal:
      return true;
  }
  return true;
}

std::string_view purpose_of(Turn turn) {
  switch (turn) {
    case Turn::Pull:
      return "to pull its image";
    case Turn::Start:
      return "to start replicas";
    case Turn::Migrate:
      return "to run a job";
  }
  return {};
}

}  // namespace

bool Pass::may_act(const Action& action) {
  const auto name = key(action);
  if (world.running.contains(name) || decided_.contains(name)) return false;
  const auto failure = world.failures.find(name);
  if (failure != world.failures.end()) {
    if (trouble_.empty()) trouble_ = failure->second.error.message;
    const auto due = failure->second.last_at + backoff(failure->second.count);
    if (due > now && failure->second.last_at <= now) {  // else the clock was set back since
      wake_at(due);
      return false;
    }
  }
  return true;
}

bool Pass::act(Action action) {
  if (!may_act(action)) return false;
  decided_.insert(key(action));
  actions_.push_back(std::move(action));
  return true;
}

bool Pass::take_turn(Turn turn) {
  const auto seen = world.turns.find(turn);
  auto& taken = taken_[turn];
  if (seen == world.turns.end() || taken < seen->second.room) {
    ++taken;
    return true;
  }
  awaited_.insert(turn);
  excuse(records::Excuse::WaitingForTurn);
  wait(spec::Reason::WaitingForTurn,
       fmt::format("waits for its turn: {} before it ({})", seen->second.before + taken, purpose_of(turn)));
  return false;
}

bool Pass::act_in_turn(Turn turn, Action action) {
  return may_act(action) && take_turn(turn) && act(std::move(action));
}

std::optional<Error> Pass::hopeless(const Action& action) const {
  const auto failure = world.failures.find(key(action));
  if (failure == world.failures.end()) return std::nullopt;
  // What failed before the last progress, retry or resume has not been tried since.
  if (next.standing.patience.since && failure->second.last_at < *next.standing.patience.since) return std::nullopt;
  if (may_mend(failure->second.error.code) || failure->second.count < hopeless_after) return std::nullopt;
  return failure->second.error;
}

void Pass::wake_at(Time time) { wake_at_ = wake_at_ ? std::min(*wake_at_, time) : time; }

void Pass::poll() {
  const auto since = next.standing.patience.since ? now - *next.standing.patience.since : Duration{0};
  wake_in(since < 5s ? Duration{20ms} : since < 60s ? Duration{100ms} : Duration{500ms});
}

void Pass::wait(spec::Reason reason, std::string message) {
  if (!why_) why_ = Why{std::move(reason), std::move(message)};
}

std::string Pass::said() const {
  auto text = why_ ? why_->message : std::string{};
  if (!trouble_.empty() && text.find(trouble_) == std::string::npos) text += (text.empty() ? "" : "; ") + trouble_;
  return text;
}

void Pass::explain(spec::Reason reason, std::string message) { why_ = Why{std::move(reason), std::move(message)}; }

void Pass::event(spec::Reason reason, std::string message) {
  events_.push_back(
      {now, false, std::move(reason), std::move(message), next.application, "Rollout/" + records::rollout_name(next)});
}

void Pass::warning(spec::Reason reason, std::string message) {
  event(std::move(reason), std::move(message));
  events_.back().warning = true;
}

void Pass::warn_once(spec::Reason reason, std::string message) {
  if (next.outcome.reason == reason) return;
  next.outcome.reason = reason;
  warning(std::move(reason), std::move(message));
}

void Pass::enter(spec::Phase phase, const std::string& message, const std::string& told) {
  if (!next.standing.phases.empty() && !next.standing.phases.back().finished_at)
    next.standing.phases.back().finished_at = now;
  next.standing.phase = phase;
  next.standing.progress = 0;
  next.standing.patience = {now, records::Excuse::None};
  next.standing.bake_from.reset();
  if (next.standing.blame.whose == records::Blame::Whose::NewRevision) next.standing.blame = {};
  next.outcome.reason = spec::Reason::named(to_string(phase));
  next.outcome.message = message;
  if (records::is_terminal(phase)) {
    next.outcome.finished_at = now;
  } else {
    records::PhaseSpan span;
    span.phase = phase;
    span.started_at = now;
    next.standing.phases.push_back(span);
  }
  if (phase == spec::Phase::RollingBack || phase == spec::Phase::RolledBack || phase == spec::Phase::Failed) {
    warning(next.outcome.reason, told.empty() ? message : told);
  } else {
    event(next.outcome.reason, told.empty() ? message : told);
  }
  why_.reset();
  wake_at(now);
}

void Pass::progressed_to(int progress) {
  if (progress <= next.standing.progress) return;
  next.standing.progress = progress;
  next.standing.patience.since = now;
}

void Pass::excuse(records::Excuse why) { next.standing.patience = {now, why}; }

void Pass::fail(const Why& why) {
  next.outcome.failure_reason = why.reason;
  next.outcome.failure = why.message;
  take_evidence(*this, why.reason);
  const bool something_to_see =
      next.standing.phase != spec::Phase::Pending && next.standing.phase != spec::Phase::Preparing;
  const bool has_way_back = can_roll_back(next);
  if (!has_way_back || (spec().rollout.on_failure == spec::OnFailure::Pause && something_to_see)) {
    next.orders.paused = true;
    warning(why.reason, why.message);
    warning(spec::Reason::Paused, fmt::format("paused where it stands: {}: {}", to_string(why.reason), why.message));
    wake_at(now);
    return;
  }
  warning(why.reason, why.message);
  next.outcome.settles_as = ends_as(next);
  // The cause was said just now.
  enter(spec::Phase::RollingBack, why.message,
        fmt::format("{} is given up ({}){}", spec().version, to_string(why.reason),
                    next.course.active ? "; back to " + next.course.active->application.spec.version : ""));
}

const world::Container* Pass::container(std::string_view name) const {
  const auto found = std::ranges::find(world.containers, name, &world::Container::name);
  return found == world.containers.end() ? nullptr : &*found;
}

std::vector<LocatedServer> Pass::servers(std::string_view name) const {
  std::vector<LocatedServer> found;
  for (const auto& view : world.backends) {
    for (const auto& server : view.servers) {
      if (server.name == name) found.push_back({&view, &server});
    }
  }
  return found;
}

const BackendView* Pass::backend(const spec::LoadBalancerUse& use) const {
  for (const auto& view : world.backends) {
    if (view.load_balancer == use.name && view.backend == use.backend) return &view;
  }
  return nullptr;
}

std::string Pass::last_words(const world::Container& ended) const {
  const auto found = world.last_words.find(ended.id);
  return found == world.last_words.end() || found->second.empty() ? "" : ": " + found->second;
}

Decision Pass::finish() {
  // A server may be forgotten (by a reload) while its requests are still under way: its drain is over with its replica.
  std::erase_if(next.leaving.draining,
                [&](const auto& entry) { return servers(entry.first).empty() && !container(entry.first); });
  std::erase_if(next.leaving.stopping, [&](const auto& entry) {
    return std::ranges::none_of(world.containers, [&](const auto& one) { return one.id == entry.first; });
  });
  std::erase_if(next.aside, [&](const auto& entry) {
    return std::ranges::none_of(world.containers, [&](const auto& one) { return one.id == entry.first; });
  });
  std::erase_if(next.admitted, [&](const auto& entry) { return container(entry.first) == nullptr; });
  std::erase_if(next.made, [&](const auto& entry) { return container(entry.first) == nullptr; });
  Decision decision;
  if (!why_) why_ = Why{next.outcome.reason, next.outcome.message};
  decision.why = {why_->reason, said()};
  decision.next = std::move(next);
  decision.actions = std::move(actions_);
  decision.events = std::move(events_);
  decision.wake_at = wake_at_;
  for (const auto& [turn, count] : taken_) {
    if (count > 0) decision.taken.insert(turn);
  }
  decision.awaited = std::move(awaited_);
  return decision;
}

}  // namespace teal::rollout
