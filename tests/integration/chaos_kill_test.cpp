// teald is killed or frozen at moments that nobody chose, while it upgrades under load.
#include <algorithm>
#include <csignal>
#include <map>
#include <thread>

#include "manifests/foundation/time.hpp"
#include "tests/integration/chaos.hpp"

namespace teal::test {
namespace {

// When teald was killed, and how often that was in which phase, by the rollouts' own records.
class Kills {
 public:
  void add() { at_.push_back(format_time(std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()))); }
  // Those since the last call: between the beginning and the end of a phase of this rollout, or between two of them.
  void settle(const boost::json::value& rollout) {
    for (const auto& kill : at_) {
      std::string during = "no phase";
      for (const auto& span : array_at(rollout, "/status/phases")) {
        const auto end = text_at(span, "/finishedAt");
        if (text_at(span, "/startedAt") <= kill && (end.empty() || kill < end)) during = text_at(span, "/phase");
      }
      ++count_[during];
    }
    at_.clear();
  }
  [[nodiscard]] int in(const std::string& phase) const { return count_.contains(phase) ? count_.at(phase) : 0; }
  [[nodiscard]] std::string text() const {
    std::string text;
    for (const auto& [phase, count] : count_) text += fmt::format("{}{} in {}", text.empty() ? "" : ", ", count, phase);
    return text;
  }

 private:
  std::vector<std::string> at_;
  std::map<std::string, int> count_;
};

// The phases that take long enough to be met; before the first of them kills fall on what is shorter, or on the save.
const std::vector<std::string> long_phases{"Migrating", "Starting",    "Introducing",
                                           "Verifying", "Withdrawing", "Retiring"};

TEST_F(Chaos, KilledAtFiftyRandomMomentsOfUpgrades) {
  constexpr int kills_each = 5;
  const auto seed = static_cast<unsigned>(setting("TEAL_CHAOS_SEED", 1));
  const int upgrades = std::max(1, setting("TEAL_CHAOS_KILLS", 50) / kills_each);
  std::cout << fmt::format("  TEAL_CHAOS_SEED={}, {} upgrades with {} kills each\n", seed, upgrades, kills_each);
  std::mt19937 random{seed};
  build_slow_migrations(2, upgrades + 1, 300);
  ASSERT_TRUE(install(shop_));
  start_load({40, 40, 1});
  feed_jobs(100, "0.3");
  Kills kills;
  for (int revision = 2; revision <= upgrades + 1 && !HasFailure(); ++revision) {
    SCOPED_TRACE(fmt::format("upgrade to {}", revision));
    upgrade_to(revision);
    // Soon after the save, or soon after one of the phases began: by the clock alone the long ones would get all.
    std::vector<std::string> moments{""};
    moments.insert(moments.end(), long_phases.begin(), long_phases.end());
    std::vector<std::string> chosen;
    std::ranges::sample(moments, std::back_inserter(chosen), kills_each, random);
    for (const auto& moment : chosen) {
      const auto from = std::ranges::find(moments, moment);
      eventually("phase " + moment, 20s, [&] {
        const auto now = phase(revision);
        return moment.empty() || now == "Complete" || std::find(from, moments.end(), now) != moments.end();
      });
      std::this_thread::sleep_for(Milliseconds{std::uniform_int_distribution<int>{0, 60}(random)});
      teald().kill();
      kills.add();
      teald().launch();
      if (random() % 2 == 0) teald().wait_until_ready();  // else it is hit while it starts
    }
    expect_converged(revision);
    kills.settle(rollout(revision));
  }
  finish_load();
  finish_jobs();
  expect_every_migration_once(upgrades + 1);
  std::cout << fmt::format("  killed: {}\n", kills.text());
  if (upgrades < 10) return;
  for (const auto& phase : long_phases) EXPECT_GT(kills.in(phase), 0) << "never killed in " << phase;
}

TEST_F(Chaos, FrozenForLongerThanAnyTimeoutOfTheUpgrade) {
  const std::chrono::seconds frozen{setting("TEAL_CHAOS_STOP_SECONDS", 6)};
  shop_.startup = "5s";
  shop_.migration_timeout = "5s";
  shop_.drain = "4s";
  build_slow_migrations(2, 3, 500);
  ASSERT_TRUE(install(shop_));
  start_load({40, 40, 1});
  int revision = 1;
  for (const auto* at : {"Migrating", "Withdrawing"}) {
    SCOPED_TRACE(at);
    upgrade_to(++revision);
    wait_for_phase(revision, at);
    teald().process().signal(SIGSTOP);
    std::this_thread::sleep_for(frozen);
    teald().process().signal(SIGCONT);
    expect_converged(revision);
    if (HasFailure()) break;
  }
  finish_load();
  expect_every_migration_once(revision);
}

}  // namespace
}  // namespace teal::test
