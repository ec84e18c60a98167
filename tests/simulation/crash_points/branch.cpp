#include "tests/simulation/crash_points/branch.hpp"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <stdexcept>

namespace teal::simulation {

Totals& Totals::operator+=(const Totals& more) {
  points += more.points;
  pairs += more.pairs;
  failures += more.failures;
  runs += more.runs;
  return *this;
}

bool Branch::leave(Totals& totals, const std::string& name) {
  int ends[2] = {};
  if (pipe(ends) != 0) throw std::runtime_error("pipe: no descriptor is left");
  std::fflush(nullptr);  // else both processes would write it
  const auto child = fork();
  if (child < 0) throw std::runtime_error("fork: no process can be made");
  if (child == 0) {
    close(ends[0]);
    if (back_ >= 0) close(back_);
    back_ = ends[1];
    totals = {};
    return true;
  }
  close(ends[1]);
  Totals told;
  const auto size = read(ends[0], &told, sizeof told);  // written at once, and far smaller than a pipe
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (size != sizeof told || status != 0) {
    told = {};
    told.failures = 1;
    fmt::print("\nFAILED after {} runs: the process died\n  {}\n", totals.runs, name);
    std::fflush(stdout);
  }
  totals += told;
  return false;
}

void Branch::end(const Totals& totals) const {
  std::fflush(nullptr);
  const bool told = write(back_, &totals, sizeof totals) == sizeof totals;
  _exit(told ? 0 : 1);
}

}  // namespace teal::simulation
