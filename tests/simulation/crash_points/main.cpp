// Every crash point: each canonical story once for every call that teald makes in it, with that call disturbed.
//
//   crash_points [--story TEXT] [--shard K/N] [--pairs] [--seconds S] [--point MODE N [MODE N]]
//
// Modes: before, after (teald dies before the call, or after it has happened and before its answer is read), lost (the
// answer is lost), fails (it does not happen). --pairs: every pair of points; --seconds bounds each story's, the pairs
// that are tried are then spread evenly. --shard: only the Kth of N parts. --point: that one alone, from the beginning.
// Exit status: 0 when every story ended as it does undisturbed and no promise was broken; 2 for arguments that mean
// nothing.
#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

#include "tests/simulation/crash_points/branch.hpp"
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
  int shard = 0;
  int shards = 1;
};

// Pairs are tried in so many rounds, each spread over all of them, for as long as there is time.
constexpr int rounds = 97;

// Says what is wrong with a run; true when nothing is.
bool judge(const Story& story, const std::vector<Point>& points, const EffectCounts& quiet, Result result, long runs) {
  compare(quiet, result);
  if (result.complaints.empty()) return true;
  std::string text;
  for (const auto& point : points) text += fmt::format(" {} {}", modes[point.mode].second, point.nth);
  fmt::print("\nFAILED after {} runs: {}\n  story \"{}\", point{} ({})\n", runs, result.complaints.front(), story.name,
             text, result.where);
  for (const auto& one : result.complaints) fmt::print("    {}\n", one);
  fmt::print("  again: crash_points --story \"{}\" --point{}\n", story.name, text);
  std::fflush(stdout);
  return false;
}

// A story that is told once, and once more from each of its calls on, with that call disturbed.
class Telling {
 public:
  Telling(const Story& story, const Options& options, const EffectCounts& quiet)
      : story_(story), options_(options), quiet_(quiet) {}

  // `round`: of the pairs.
  void tell(Totals& totals, int round) {
    totals_ = &totals;
    round_ = round;
    told_before_ = totals.runs;
    Theatre theatre;
    story_.before(theatre);
    theatre.stage.gate.count_anew();
    theatre.stage.gate.on_call = [this, &theatre](int nth) { meet(theatre.stage.gate, nth); };
    theatre.curtain();
    story_.play(theatre);
    check_end(theatre, story_);
    if (branch_.is_root()) return;
    Result result;
    result.where = theatre.stage.gate.what();
    result.complaints = theatre.complaints();
    result.effects = theatre.monitors.counts();
    if (is_wanted()) {
      ++totals.runs;
      ++(points_.size() == 1 ? totals.points : totals.pairs);
      if (!judge(story_, points_, quiet_, result, told_before_ + totals.runs)) ++totals.failures;
    }
    branch_.end(totals);
  }

 private:
  [[nodiscard]] std::size_t depth() const { return options_.pairs ? 2 : 1; }
  [[nodiscard]] bool is_wanted() const { return points_.size() == depth(); }

  // Whether what is disturbed so far, and that point, belong to this round and shard.
  [[nodiscard]] bool is_mine(const Point& point) const {
    if (points_.size() + 1 < depth()) return true;
    const long first = points_.empty() ? 0 : 4L * points_[0].nth + points_[0].mode;
    const long number = 7919 * first + 4L * point.nth + point.mode;
    const long part = options_.pairs ? rounds : 1;
    return (!options_.pairs || number % part == round_) && number / part % options_.shards == options_.shard;
  }

  void meet(test::Gate& gate, int nth) {
    for (int mode = 0; mode < 4 && points_.size() < depth() && totals_->failures == 0; ++mode) {
      const Point point{mode, nth};
      if (!is_mine(point)) continue;
      const auto name = fmt::format("story \"{}\", point {} {}", story_.name, modes[mode].second, nth);
      const auto told = told_before_ + totals_->runs;
      if (!branch_.leave(*totals_, name)) continue;
      told_before_ = told;
      points_.push_back(point);
      return gate.disturb_this(modes[mode].first);
    }
  }

  const Story& story_;
  const Options& options_;
  const EffectCounts& quiet_;
  Totals* totals_ = nullptr;
  Branch branch_;
  std::vector<Point> points_;  // that were disturbed on the way here
  int round_ = 0;
  long told_before_ = 0;
};

void tell_all(const Story& story, const Result& quiet, const Options& options, Totals& totals) {
  const auto begun = Clock::now();
  for (int round = 0; round < (options.pairs ? rounds : 1) && totals.failures == 0; ++round) {
    const bool is_over = std::chrono::duration<double>(Clock::now() - begun).count() > options.seconds;
    if (round > 0 && options.seconds > 0 && is_over) break;
    Telling telling{story, options, quiet.effects};
    telling.tell(totals, round);
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
      ++totals.runs;
      ++(options.points.size() == 1 ? totals.points : totals.pairs);
      if (!judge(story, options.points, quiet.effects, play(story, options.points), totals.runs)) ++totals.failures;
    } else {
      tell_all(story, quiet, options, totals);
    }
    const std::chrono::duration<double> took = Clock::now() - begun;
    fmt::print("{:<52} {:>5} calls {:>8} points {:>9} pairs so far {:>7.1f} s\n", story.name, quiet.calls,
               totals.points, totals.pairs, took.count());
    std::fflush(stdout);
    if (totals.failures > 0) break;
  }
  if (told == 0) {
    fmt::print(stderr, "no story is called \"{}\"\n", options.story);
    return 2;
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
    } else if (argument == "--shard" && i + 1 < argc) {
      std::size_t slash = 0;
      const std::string text = argv[++i];
      options.shard = std::stoi(text, &slash) - 1;
      options.shards = std::stoi(text.substr(slash + 1));
    } else if (argument == "--point" && i + 2 < argc) {
      while (i + 2 < argc) {
        for (int mode = 0; mode < 4; ++mode) {
          if (std::string_view{argv[i + 1]} == modes[mode].second)
            options.points.push_back({mode, std::stoi(argv[i + 2])});
        }
        i += 2;
      }
    } else {
      fmt::print(stderr,
                 "crash_points [--story TEXT] [--shard K/N] [--pairs] [--seconds S] [--point MODE N [MODE N]]\n");
      return 2;
    }
  }
  return run(options);
}
