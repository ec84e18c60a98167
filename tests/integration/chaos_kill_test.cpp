// teald is killed or frozen at moments that nobody chose, while it upgrades under load.
#include <algorithm>
#include <csignal>
#include <thread>

#include "tests/integration/chaos.hpp"

namespace teal::test {
namespace {

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
  for (int revision = 2; revision <= upgrades + 1 && !HasFailure(); ++revision) {
    SCOPED_TRACE(fmt::format("upgrade to {}", revision));
    upgrade_to(revision);
    std::string moments;
    for (int kill = 0; kill < kills_each; ++kill) {
      // By the clock, or soon after the next phase began: else the long ones would get all the kills.
      const auto before = phase(revision);
      if (random() % 2 == 0 && !before.empty() && before != "Complete") {
        eventually("another phase", 20s, [&] { return phase(revision) != before; });
      }
      std::this_thread::sleep_for(Milliseconds{std::uniform_int_distribution<int>{0, 500}(random)});
      const auto now = phase(revision);
      moments += (moments.empty() ? "" : ", ") + (now.empty() ? "not begun" : now);
      teald().kill();
      teald().launch();
      if (random() % 2 == 0) teald().wait_until_ready();  // else it is hit while it starts
    }
    std::cout << fmt::format("  {}: {}\n", revision, moments);
    expect_converged(revision);
  }
  finish_load();
  finish_jobs();
  expect_every_migration_once(upgrades + 1);
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
