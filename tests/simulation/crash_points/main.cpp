// Every crash point: each canonical story once for every call that teald makes in it, with that call disturbed.
//
//   crash_points [--story TEXT] [--point MODE N [MODE N]] [--pairs] [--seconds S]
//
// Modes: before, after (teald dies before the call, or after it has happened and before its answer is read), lost (the
// answer is lost), fails (it does not happen). --pairs: every pair of points; --seconds bounds it, the pairs that are
// tried are then spread evenly. Exit status: 0 when every story ended as it does undisturbed and no promise was broken.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/simulation/crash_points/scenario.hpp"

namespace {

using namespace teal;
using namespace teal::simulation;
using Mode = test::Gate::Mode;
using Clock = std::chrono::steady_clock;

constexpr std::pair<Mode, const char*> modes[] = {
    {Mode::DieBefore, "before"}, {Mode::DieAfter, "after"}, {Mode::LoseAnswer, "lost"}, {Mode::Fail, "fails"}};

struct Point {
  int mode = 0;
  int nth = 0;
};

struct Result {
  int calls = 0;
  std::string where;
  std::vector<std::string> complaints;
  EffectCounts effects;
  bool met = false;  // every disturbance came to pass
};

Result play(const Story& story, const std::vector<Point>& points) {
  Theatre theatre;
  story.before(theatre);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto mode = modes[points[i].mode].first;
    i == 0 ? theatre.stage.gate.disturb(mode, points[i].nth) : theatre.stage.gate.then(mode, points[i].nth);
  }
  theatre.curtain();
  const int before = theatre.stage.gate.calls();
  story.play(theatre);
  check_end(theatre, story);
  Result result;
  result.calls = theatre.stage.gate.calls() - before;
  result.where = theatre.stage.gate.what();
  result.complaints = theatre.complaints();
  result.effects = theatre.monitors.counts();
  result.met = theatre.stage.gate.met() == points.size();
  return result;
}

// What an interruption must not multiply.
void compare(const EffectCounts& quiet, Result& result) {
  const auto same = [&](const char* what, int then, int now) {
    if (now > then) result.complaints.push_back(fmt::format("Effects: {} {} instead of {}", now, what, then));
  };
  same("migrations were started", quiet.migrations_started, result.effects.migrations_started);
  same("stop signals were sent", quiet.signals, result.effects.signals);
  same("replicas were started", quiet.replicas_started, result.effects.replicas_started);
}

struct Options {
  std::string story;
  std::vector<Point> points;
  bool pairs = false;
  double seconds = 0;
};

struct Totals {
  long points = 0;
  long pairs = 0;
  long failures = 0;
  long runs = 0;
};

void judge(const Story& story, const std::vector<Point>& points, const EffectCounts& quiet, Totals& totals) {
  auto result = play(story, points);
  ++totals.runs;
  compare(quiet, result);
  if (result.complaints.empty()) return;
  ++totals.failures;
  std::string text;
  for (const auto& point : points) text += fmt::format(" {} {}", modes[point.mode].second, point.nth);
  fmt::print("\nFAILED after {} runs: {}\n  story \"{}\", point{} ({})\n", totals.runs, result.complaints.front(),
             story.name, text, result.where);
  for (const auto& one : result.complaints) fmt::print("    {}\n", one);
  fmt::print("  again: crash_points --story \"{}\" --point{}\n", story.name, text);
  std::fflush(stdout);
}

void singles(const Story& story, const Result& quiet, Totals& totals) {
  for (int nth = 1; nth <= quiet.calls; ++nth) {
    for (int mode = 0; mode < 4; ++mode) {
      ++totals.points;
      judge(story, {{mode, nth}}, quiet.effects, totals);
      if (totals.failures > 0) return;
    }
  }
}

// The second point counts from the first. Spread over all pairs when there is no time for each.
void pairs(const Story& story, const Result& quiet, double seconds, Totals& totals) {
  const long per_point = 4L * quiet.calls;
  const long all = per_point * per_point;
  const auto begun = Clock::now();
  const long stride = seconds > 0 ? 7919 : 1;  // a prime: it visits every pair before it meets one again
  for (long i = 0; i < all; ++i) {
    if (seconds > 0 && std::chrono::duration<double>(Clock::now() - begun).count() > seconds) break;
    const long at = i * stride % all;
    const auto point = [](long one) { return Point{static_cast<int>(one % 4), static_cast<int>(one / 4 + 1)}; };
    ++totals.pairs;
    judge(story, {point(at / per_point), point(at % per_point)}, quiet.effects, totals);
    if (totals.failures > 0) return;
  }
}

int run(const Options& options) {
  Totals totals;
  const auto begun = Clock::now();
  int told = 0;
  for (const auto& story : stories()) {
    if (story.name.find(options.story) == std::string::npos) continue;
    ++told;
    const auto quiet = play(story, {});
    if (!quiet.complaints.empty()) {
      fmt::print("FAILED after 0 runs: story \"{}\" fails undisturbed: {}\n", story.name, quiet.complaints.front());
      return 1;
    }
    if (!options.points.empty()) {
      judge(story, options.points, quiet.effects, totals);
    } else if (options.pairs) {
      pairs(story, quiet, options.seconds, totals);
    } else {
      singles(story, quiet, totals);
    }
    const std::chrono::duration<double> took = Clock::now() - begun;
    fmt::print("{:<52} {:>5} calls {:>8} points {:>9} pairs so far {:>7.1f} s\n", story.name, quiet.calls,
               totals.points, totals.pairs, took.count());
    std::fflush(stdout);
    if (totals.failures > 0) break;
  }
  fmt::print("{} stories, {} single points, {} pairs: {}\n", told, totals.points, totals.pairs,
             totals.failures == 0 ? "all ended as they do undisturbed" : "FAILED");
  return totals.failures == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--story" && i + 1 < argc) {
      options.story = argv[++i];
    } else if (argument == "--pairs") {
      options.pairs = true;
    } else if (argument == "--seconds" && i + 1 < argc) {
      options.seconds = std::stod(argv[++i]);
    } else if (argument == "--point" && i + 2 < argc) {
      while (i + 2 < argc) {
        for (int mode = 0; mode < 4; ++mode) {
          if (std::string_view{argv[i + 1]} == modes[mode].second)
            options.points.push_back({mode, std::stoi(argv[i + 2])});
        }
        i += 2;
      }
    } else {
      fmt::print(stderr, "crash_points [--story TEXT] [--point MODE N [MODE N]] [--pairs] [--seconds S]\n");
      return 2;
    }
  }
  return run(options);
}
