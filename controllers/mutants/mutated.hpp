#pragma once

#include <cstdlib>
#include <string_view>

namespace teal::mutants {

// `mutated("m2-does-not-wait")` marks a guard that the tests can take away: is the bug of that name in this program?
// Never in one that ships: there it is false while it is compiled, and neither the branch nor the name is left.
// tests/simulation/mutants builds the simulations with TEAL_MUTANTS, says which bug they have in the environment
// variable TEAL_MUTANT, and looks whether they find it. Each name is used once and has its row in the table there.
#ifdef TEAL_MUTANTS
// Never inlined: the compiler would make numbers of the name, and `run` looks for the names in the programs.
[[gnu::noinline]] inline bool mutated(std::string_view bug) {
  static const char* const chosen = std::getenv("TEAL_MUTANT");
  return chosen != nullptr && bug == chosen;
}
#else
consteval bool mutated(std::string_view) { return false; }
#endif

}  // namespace teal::mutants
