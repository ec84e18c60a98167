// simulation --seed N: one story, told. simulation --seeds A..B: many, counted.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <set>
#include <string>

#include "tests/simulation/run.hpp"

namespace {

using namespace teal;
using namespace teal::simulation;

struct Options {
  std::uint64_t seed = 0;
  std::string seeds;
  std::uint64_t first = 1;
  std::uint64_t count = 100;
  double time_limit = 0;
  bool shrink = false;
  bool quiet = false;
  bool keep_going = false;
  bool coverage = false;
  std::string coverage_file;
  std::vector<std::string> merged;
  bool wide = false;
  bool plain = false;
  bool effects = false;
  std::vector<int> steps;
  std::vector<std::string> faults;
  std::vector<std::string> applications;
  bool has_steps = false;
  bool has_faults = false;
};

Scenario make_story(std::uint64_t seed, const Options& options) {
  auto story = options.plain ? make_plain_scenario(seed) : make_scenario(seed);
  return options.wide ? widened(std::move(story)) : story;
}

Scenario cut(Scenario scenario, const Options& options) {
  const auto in = [](const auto& list, const auto& one) {
    return std::find(list.begin(), list.end(), one) != list.end();
  };
  if (!options.applications.empty()) {
    std::erase_if(scenario.fleet, [&](const Member& plan) { return !in(options.applications, plan.first.name); });
    std::erase_if(scenario.steps, [&](const Step& step) { return !in(options.applications, step.application); });
  }
  if (options.has_steps)
    std::erase_if(scenario.steps, [&](const Step& step) { return !in(options.steps, step.number); });
  if (options.has_faults) {
    std::erase_if(scenario.faults,
                  [&](const auto& entry) { return !in(options.faults, std::string{to_string(entry.first)}); });
  }
  return scenario;
}

std::string command_of(const Scenario& scenario) {
  std::string text = fmt::format("simulation{}{} --seed {} --applications", scenario.plain ? " --plain" : "",
                                 scenario.wide ? " --wide" : "", scenario.seed);
  for (const auto& plan : scenario.fleet) text += " " + plan.first.name;
  text += " --steps 0";
  for (const auto& step : scenario.steps) text += fmt::format(" {}", step.number);
  text += " --faults none";
  for (const auto& [fault, weight] : scenario.faults) text += fmt::format(" {}", to_string(fault));
  return text;
}

// What a story did, held against the same story without faults.
class Effects {
 public:
  void compare(const Scenario& scenario, Outcome& outcome) {
    const auto calm = run(without_faults(scenario), false);
    calm_ += calm.effects;
    disturbed_ += outcome.effects;
    for (auto& what : unexplained(calm.effects, calm.standing, outcome.effects, outcome.standing))
      outcome.violations.push_back({Promise::Effects, std::move(what), {}});
    for (const auto& one : calm.violations)
      outcome.violations.push_back({one.promise, "without faults: " + one.what, one.at});
  }
  [[nodiscard]] std::string text() const { return compared(calm_, disturbed_); }

 private:
  EffectCounts calm_;
  EffectCounts disturbed_;
};

int tell_one(Scenario scenario, const Options& options) {
  auto outcome = run(scenario, true);
  if (options.shrink && !outcome.violations.empty()) {
    scenario = shrink(scenario, outcome.violations.front().promise);
    outcome = run(scenario, true);
    fmt::print("{}\n", command_of(scenario));
  }
  Effects effects;
  if (options.effects) effects.compare(scenario, outcome);
  if (!options.quiet) {
    for (const auto& line : outcome.trace) fmt::print("{}\n", line);
  }
  for (const auto& one : outcome.violations) fmt::print("BROKEN {}: {}\n", to_string(one.promise), one.what);
  fmt::print("seed {}: hash {:016x}, {} s simulated, {} faults, {} lives, {} passes, as wanted {} s after the faults\n",
             scenario.seed, outcome.hash, outcome.simulated.count() / 1000, outcome.faults, outcome.lives,
             outcome.passes, outcome.converged_after.count() / 1000);
  if (options.effects) fmt::print("{}\n", effects.text());
  return outcome.violations.empty() ? 0 : 1;
}

bool told_all_met(const Coverage& coverage) {
  fmt::print("{}\n", coverage.table());
  const auto empty = coverage.empty_cells();
  for (const auto& cell : empty) fmt::print("never met: {}\n", cell);
  return empty.empty();
}

int run_many(const Options& options) {
  const auto begun = std::chrono::steady_clock::now();
  const auto elapsed = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count(); };
  Coverage coverage;
  double simulated = 0;
  double slowest = 0;
  std::uint64_t done = 0;
  std::uint64_t broken = 0;
  std::uint64_t passes = 0;
  std::uint64_t faults = 0;
  std::map<Promise, int> by_promise;
  Effects effects;
  for (auto seed = options.first; seed < options.first + options.count; ++seed) {
    if (options.time_limit > 0 && elapsed() > options.time_limit) break;
    auto scenario = cut(make_story(seed, options), options);
    auto outcome = run(scenario, false);
    if (options.effects && outcome.violations.empty()) effects.compare(scenario, outcome);
    ++done;
    coverage.add(outcome.coverage);
    simulated += static_cast<double>(outcome.simulated.count()) / 1000;
    slowest = std::max(slowest, static_cast<double>(outcome.converged_after.count()) / 1000);
    passes += static_cast<std::uint64_t>(outcome.passes);
    faults += static_cast<std::uint64_t>(outcome.faults);
    if (outcome.violations.empty()) continue;
    ++broken;
    const auto& first = outcome.violations.front();
    ++by_promise[first.promise];
    fmt::print("seed {} BROKEN {}: {}\n", seed, to_string(first.promise), first.what);
    if (options.shrink) fmt::print("  {}\n", command_of(shrink(scenario, first.promise)));
    std::fflush(stdout);
    if (!options.keep_going) break;
  }
  const auto took = elapsed();
  const bool all_met = !options.coverage || told_all_met(coverage);
  if (!options.coverage_file.empty()) {
    std::ofstream file{options.coverage_file};
    coverage.write(file);
    if (!file.flush()) return fmt::print(stderr, "cannot write {}\n", options.coverage_file), 2;
  }
  for (const auto& [promise, count] : by_promise) fmt::print("{}: {}\n", to_string(promise), count);
  if (options.effects) fmt::print("{}\n", effects.text());
  fmt::print("{} seeds, {} broken, {} faults, {} passes; as wanted at the latest {:.0f} s after the faults\n", done,
             broken, faults, passes, slowest);
  fmt::print("{:.0f} s simulated in {:.1f} s: {:.0f}:1, {:.0f} seeds a minute\n", simulated, took, simulated / took,
             60 * static_cast<double>(done) / took);
  return broken > 0 || !all_met ? 1 : 0;
}

// What several processes have met, each with stories of its own.
int merge(const Options& options) {
  Coverage all;
  for (const auto& name : options.merged) {
    std::ifstream file{name};
    Coverage one;
    if (!one.read(file)) return fmt::print(stderr, "{} is not what --coverage-file writes\n", name), 2;
    all.add(one);
  }
  return told_all_met(all) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Teal's reconciler on a virtual clock, against everything that can go wrong"};
  Options options;
  app.add_option("--seed", options.seed, "one story, told step by step");
  app.add_option("--seeds", options.seeds, "A..B: these stories");
  app.add_option("--count", options.count, "so many stories from the first one on")->capture_default_str();
  app.add_option("--first", options.first, "the first story")->capture_default_str();
  app.add_option("--time-limit", options.time_limit, "seconds; no new story is begun after that");
  app.add_flag("--shrink", options.shrink, "make a story that breaks a promise as small as possible");
  app.add_flag("--quiet", options.quiet, "without the trace");
  app.add_flag("--keep-going", options.keep_going, "tell of all broken stories, not only of the first");
  app.add_flag("--coverage", options.coverage, "the table of phases and faults; fails when a cell stays empty");
  app.add_option("--coverage-file", options.coverage_file, "… written there, to be merged");
  app.add_option("--merge-coverage", options.merged, "tells nothing: the table of what is written in these files");
  app.add_flag("--effects", options.effects, "each story also without faults: what it did more than that is explained");
  app.add_flag("--wide", options.wide,
               "stories with vendors' rules, analysis, flawed versions and strangers in them too");
  app.add_flag("--plain", options.plain, "stories without databases, post-deployment steps, hooks and changed secrets");
  auto* steps = app.add_option("--steps", options.steps, "only these steps of the story");
  auto* faults = app.add_option("--faults", options.faults, "only these faults");
  app.add_option("--applications", options.applications, "only these applications");
  CLI11_PARSE(app, argc, argv);
  options.has_steps = steps->count() > 0;
  options.has_faults = faults->count() > 0;
  if (const auto dots = options.seeds.find(".."); dots != std::string::npos) {
    options.first = std::stoull(options.seeds.substr(0, dots));
    options.count = std::stoull(options.seeds.substr(dots + 2)) - options.first + 1;
  }
  if (options.seed != 0) return tell_one(cut(make_story(options.seed, options), options), options);
  return options.merged.empty() ? run_many(options) : merge(options);
}
