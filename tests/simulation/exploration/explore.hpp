// A breadth-first walk over every state that a scene can reach, and from each of them on to where it comes to rest.
#pragma once

#include <cstddef>
#include <string>

#include "tests/simulation/exploration/scene.hpp"

namespace teal::exploration {

struct Outcome {
  std::size_t states = 0;
  std::size_t transitions = 0;
  std::size_t goals = 0;
  int depth = 0;        // moves on the longest of the shortest ways to a state
  std::string failure;  // the shortest story of a broken promise, or of a way that does not end; empty: there is none
};

// `most_states`: more than that is a failure too, since then nothing is proven.
[[nodiscard]] Outcome explore(const Scene& scene, std::size_t most_states);

}  // namespace teal::exploration
