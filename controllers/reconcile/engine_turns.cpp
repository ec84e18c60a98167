#include "controllers/reconcile/engine_turns.hpp"

#include <algorithm>

namespace teal::reconcile {
namespace {

using namespace std::chrono_literals;

// Every pass says it again. Whose passes do not end, or no longer come, keeps nobody behind it for longer.
constexpr Duration place_kept_for = 30s;

bool keeps_its_place(Time said_at, Time now) {
  return now - said_at <= place_kept_for && said_at - now <= place_kept_for;
}

}  // namespace

int EngineTurns::Lane::held_by_others(const std::string& application) const {
  int held = 0;
  for (const auto& [holder, count] : holders) held += holder == application ? 0 : count;
  return held;
}

int EngineTurns::Lane::waiting_before(const Place& place, Time now) const {
  int before = 0;
  for (auto one = waiting.begin(); one != waiting.end() && one->first < place; ++one)
    before += one->first.second != place.second && keeps_its_place(one->second, now) ? 1 : 0;
  return before;
}

bool EngineTurns::Lane::hold(const std::string& application, int count) {
  const auto found = holders.find(application);
  const int before = found == holders.end() ? 0 : found->second;
  if (count > 0) holders[application] = count;
  if (count == 0 && found != holders.end()) holders.erase(found);
  return count < before;
}

bool EngineTurns::Lane::leave(const std::string& application) {
  const auto found = since.find(application);
  if (found == since.end()) return false;
  waiting.erase({found->second, application});
  since.erase(found);
  return true;
}

void EngineTurns::Lane::join(const std::string& application, Time began, Time now) {
  if (const auto found = since.find(application); found != since.end() && found->second != began) leave(application);
  since[application] = began;
  waiting[{began, application}] = now;
}

void EngineTurns::Lane::add_next(std::vector<std::string>& next, Time now) const {
  int room = limit - held_by_others({});
  for (auto one = waiting.begin(); one != waiting.end() && room > 0; ++one) {
    if (!keeps_its_place(one->second, now)) continue;
    next.push_back(one->first.second);
    --room;
  }
}

EngineTurns::EngineTurns(const ports::EngineConcurrency& limits) {
  lanes_[rollout::Turn::Pull].limit = limits.pulls;
  lanes_[rollout::Turn::Start].limit = limits.starts;
  lanes_[rollout::Turn::Migrate].limit = limits.migrations;
}

std::map<rollout::Turn, rollout::TurnSeen> EngineTurns::seen(const std::string& application, Time since,
                                                             Time now) const {
  std::map<rollout::Turn, rollout::TurnSeen> turns;
  for (const auto& [turn, lane] : lanes_) {
    const auto own = lane.holders.find(application);
    const int before = lane.held_by_others(application) + lane.waiting_before({since, application}, now);
    turns[turn] = {std::max(lane.limit - before, own == lane.holders.end() ? 0 : own->second), before};
  }
  return turns;
}

std::vector<std::string> EngineTurns::note(const std::string& application, Time since, const Claims& claims, Time now) {
  std::vector<std::string> next;
  for (auto& [turn, lane] : lanes_) {
    const auto found = claims.find(turn);
    const auto claim = found == claims.end() ? Claim{} : found->second;
    bool has_room = lane.hold(application, claim.holds);
    if (claim.waits) lane.join(application, since, now);
    if (!claim.waits && lane.leave(application)) has_room = true;
    if (has_room) lane.add_next(next, now);
  }
  return next;
}

std::vector<std::string> EngineTurns::give_back(const std::string& application, rollout::Turn turn, Time now) {
  std::vector<std::string> next;
  auto& lane = lanes_[turn];
  if (lane.hold(application, 0)) lane.add_next(next, now);
  return next;
}

std::vector<std::string> EngineTurns::forget(const std::string& application, Time now) {
  return note(application, now, {}, now);
}

}  // namespace teal::reconcile
