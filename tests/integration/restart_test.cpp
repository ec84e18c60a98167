// teald dies or is stopped at any moment: the applications do not notice, and the next teald goes on.
#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

class Restart : public Stage {
 protected:
  // The next upgrade, with teald ended in the given phase.
  void upgrade_with_death_in(const std::string& at, bool by_kill) {
    SCOPED_TRACE(fmt::format("{} in {}", by_kill ? "kill -9" : "SIGTERM", at));
    shop_.version = std::to_string(++revision_);
    save(shop_);
    ASSERT_TRUE(eventually("phase " + at, 20s, [&] {
      const auto now = phase(revision_);
      return now == at || now == "Complete" || now == "RolledBack";
    }));
    ASSERT_EQ(phase(revision_), at) << "too late: this phase went by unseen";
    if (by_kill) {
      teald().kill();
    } else {
      EXPECT_EQ(teald().stop(), 0);
    }
    const auto before = running_containers();
    std::this_thread::sleep_for(500ms);
    EXPECT_NE(get().find("\"version\""), std::string::npos) << "nobody serves while teald is away";
    for (const auto& one : running_containers()) {
      EXPECT_NE(std::ranges::find(before, one), before.end()) << one << " was started without teald";
    }
    teald().start();
    ASSERT_TRUE(complete(revision_));
    // What teald had no time to remove after its job had ended goes with the first pass after the rollout.
    eventually("nothing is left over", 10s, [&] { return containers() == replicas(revision_, 2, 1); });
    EXPECT_EQ(containers(), replicas(revision_, 2, 1));
    EXPECT_EQ(number_at(rollout(revision_), "/status/migration/0/attempts"), 1);
    EXPECT_EQ(text_at(rollout(revision_), "/status/migration/0/state"), "Succeeded");
  }

  void expect_every_migration_once() {
    std::vector<std::string> expected;
    for (int version = 1; version <= revision_; ++version) {
      expected.push_back(fmt::format("{} migration finished", version));
    }
    EXPECT_EQ(migrations(), expected);
  }

  Shop shop_;
  int revision_ = 1;
};

// Row 5 of the field reports: an upgrade of the system takes a time zone away that a stored spec names.
TEST_F(Restart, AZoneThatTheSystemHasLostStopsOnlyTheApplicationThatNamesIt) {
  const auto zone = fmt::format("Etc/TealTest{}", ::getpid());
  const auto file = "/usr/share/zoneinfo/" + zone;
  std::filesystem::copy_file("/usr/share/zoneinfo/UTC", file);
  EXPECT_EQ(teald().stop(), 0);
  teald().start();  // a system's zones are read once
  shop_.workers = 0;
  const auto in_window = [&](const Shop& shop, const std::string& timezone) {
    auto text = manifest(shop);
    const std::string bake = "    bake:";
    text.insert(text.find(bake),
                fmt::format("    windows: [{{from: \"00:00\", to: \"24:00\", timezone: {}}}]\n", timezone));
    teald().save("shop.yaml", text);
  };
  in_window(shop_, zone);
  const bool is_installed = complete(1);
  EXPECT_EQ(teald().stop(), 0);
  std::filesystem::remove(file);
  ASSERT_TRUE(is_installed);
  teald().start();
  EXPECT_TRUE(eventually("it is whole", 40s, [&] { return text_at(application(), "/status/phase") == "Healthy"; }));
  shop_.version = "2";
  in_window(shop_, zone);
  EXPECT_TRUE(eventually("what is wrong is said", 20s, [&] {
    return boost::json::serialize(application()).find(zone) != std::string::npos &&
           text_at(application(), "/status/message").find(zone) != std::string::npos;
  })) << text_at(application(), "/status/message");
  EXPECT_EQ(teal({"status"}).status, 0);
  EXPECT_NE(get(), "");
  in_window(shop_, "UTC");
  EXPECT_TRUE(complete(2));
}

TEST_F(Restart, KillInEveryPhaseContinuesTheUpgrade) {
  build_images({"2", "3", "4", "5", "6", "7"}, "MIGRATION_SLEEP_MS=700");
  shop_.bake = "1s";
  ASSERT_TRUE(install(shop_));
  start_load();
  feed_jobs(200, "0.3");
  for (const auto* at : {"Migrating", "Starting", "Introducing", "Verifying", "Withdrawing", "Retiring"}) {
    upgrade_with_death_in(at, true);
    if (HasFailure()) break;
  }
  finish_load();
  finish_jobs();
  expect_every_migration_once();
}

TEST_F(Restart, StopInTheMiddleContinuesTheUpgrade) {
  build_images({"2", "3"}, "MIGRATION_SLEEP_MS=700");
  ASSERT_TRUE(install(shop_));
  start_load();
  feed_jobs(200, "0.3");
  for (const auto* at : {"Starting", "Withdrawing"}) {
    upgrade_with_death_in(at, false);
    if (HasFailure()) break;
  }
  finish_load();
  finish_jobs();
  expect_every_migration_once();
}

TEST_F(Restart, RestartInSteadyStateTouchesNothing) {
  ASSERT_TRUE(install(shop_));
  const auto before = running_containers();
  start_load();
  teald().kill();
  teald().start();
  ASSERT_TRUE(eventually("Healthy again", 5s, [&] { return text_at(application(), "/status/phase") == "Healthy"; }));
  EXPECT_EQ(teald().stop(), 0);
  EXPECT_EQ(running_containers(), before) << "the applications run on without teald";
  shop_.version = "2";
  save(shop_);  // while nobody watches
  teald().start();
  EXPECT_TRUE(complete(2)) << "what was saved meanwhile is seen at the start";
  finish_load();
}

}  // namespace
}  // namespace teal::test
