// Asking for a rollback in tests: as the reconciler does it, on a World.
#pragma once

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "controllers/records/record_json.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {

using namespace std::chrono_literals;

inline void upgrade(World& world, const std::string& version) {
  world.want(version);
  world.settle(1h);
}

inline std::vector<records::RolloutRecord> history_of(const World& world) {
  std::vector<records::RolloutRecord> all{*world.record};
  all.insert(all.end(), world.history.rbegin(), world.history.rend());
  return all;
}

inline Result<rollout::RollbackChoice> choose(const World& world, std::optional<int> to = std::nullopt) {
  return rollout::choose_rollback(world.desired, *world.record, history_of(world), to);
}

// As the reconciler does; what is remembered goes through the store's form, as over a restart.
inline Result<void> ask(World& world, std::optional<int> to = std::nullopt) {
  const auto choice = choose(world, to);
  if (!choice) return choice.error();
  const auto outcome = roll_back(*world.record, *choice, {records::Verb::Rollback, to, "ann"}, world.now);
  if (!outcome) return outcome.error();
  world.events.push_back(outcome->event);
  world.record = *records::rollout_record_from_json(boost::json::serialize(to_json(outcome->next)));
  return {};
}

inline std::string refusal(const World& world, std::optional<int> to = std::nullopt) {
  const auto choice = choose(world, to);
  return choice ? "accepted" : choice.error().message;
}

inline void verb(World& world, records::Verb one) {
  const auto outcome = rollout::apply_verb(*world.record, {one, std::nullopt, "ann"}, world.now);
  ASSERT_TRUE(outcome) << outcome.error().message;
  world.record = outcome->next;
}

}  // namespace teal::test
