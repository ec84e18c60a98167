// Exhaustive exploration: every promise in every state that small fleets can get into, with a bounded number of faults.
//
//   exploration [--deep] [--scene TEXT] [--shard K/N] [--most STATES]
//
// Exit status: 0 when every promise held in every state and every way ended; 1 with the shortest story otherwise; 2 for
// arguments that mean nothing.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/simulation/exploration/explore.hpp"

int main(int argc, char** argv) {
  using teal::exploration::explore;
  bool deep = false;
  std::string only;
  std::size_t most = 3'000'000;
  std::size_t shard = 1;
  std::size_t shards = 1;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--deep") {
      deep = true;
      most *= 10;
    } else if (argument == "--scene" && i + 1 < argc) {
      only = argv[++i];
    } else if (argument == "--shard" && i + 1 < argc) {
      std::size_t slash = 0;
      const std::string text = argv[++i];
      shard = std::stoul(text, &slash);
      shards = std::stoul(text.substr(slash + 1));
    } else if (argument == "--most" && i + 1 < argc) {
      most = std::stoul(argv[++i]);
    } else {
      fmt::print(stderr, "exploration [--deep] [--scene TEXT] [--shard K/N] [--most STATES]\n");
      return 2;
    }
  }
  std::size_t states = 0;
  std::size_t transitions = 0;
  int depth = 0;
  int failures = 0;
  std::size_t number = 0;
  fmt::print("{:<44} {:>7} {:>10} {:>12} {:>9} {:>6} {:>8}\n", "scene", "faults", "states", "transitions", "at rest",
             "depth", "seconds");
  for (const auto& scene : teal::exploration::scenes(deep, only)) {
    if (++number % shards != shard % shards) continue;
    const auto begun = std::chrono::steady_clock::now();
    const auto outcome = explore(scene, most);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    states += outcome.states;
    transitions += outcome.transitions;
    depth = std::max(depth, outcome.depth);
    fmt::print("{:<44} {:>7} {:>10} {:>12} {:>9} {:>6} {:>8.1f}\n", scene.name, scene.budget, outcome.states,
               outcome.transitions, outcome.goals, outcome.depth, took.count());
    std::fflush(stdout);
    if (outcome.failure.empty()) continue;
    ++failures;
    fmt::print("\nFAILED after {} states: {}\n", states, outcome.failure);
    break;
  }
  if (number == 0) {
    fmt::print(stderr, "no scene is called \"{}\"\n", only);
    return 2;
  }
  fmt::print("{} states, {} transitions, depth {}: {}\n", states, transitions, depth,
             failures == 0 ? "every promise held in every state, and every way ended" : "FAILED");
  return failures == 0 ? 0 : 1;
}
