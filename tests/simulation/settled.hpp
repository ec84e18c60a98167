// What a story has to end as, and what an operator has to do for it.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "tests/simulation/world.hpp"

namespace teal::simulation {

struct Goal {
  spec::Application wanted;
  bool by_file = true;
  bool deleted = false;
};
using Goals = std::map<std::string, Goal>;

// What is not as wanted; empty: nothing.
[[nodiscard]] std::string unsettled(World& world, const Goals& goals);

// The answer that a rollout waits for; none: it waits for no person.
[[nodiscard]] std::optional<records::Verb> needed_verb(const World& world, const std::string& name, const Goal& goal);

// What can only be judged at the end: L3, L4, O6 and the counts of side effects.
void check_story(World& world, const Goals& goals);

}  // namespace teal::simulation
