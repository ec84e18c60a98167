// What teald drives goes away in the middle of an upgrade and comes back.
#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "tests/integration/chaos.hpp"

namespace teal::test {
namespace {

void set_live_restore(Servers& servers, bool on) {
  std::ofstream file{servers.folder() + "/servers/docker/daemon.json"};
  file << (on ? "{\"live-restore\": true}\n" : "{}\n");
  ASSERT_TRUE(file.flush()) << "where does dockerd read its configuration?";
}

TEST_F(Chaos, DockerdRestartedInTheMiddleOfAnUpgrade) {
  build_slow_migrations(2, 3, 1500);
  shop_.bake = "2s";
  ASSERT_TRUE(install(shop_));
  int revision = 1;
  for (const auto* at : {"Migrating", "Verifying"}) {
    SCOPED_TRACE(at);
    start_load();
    upgrade_to(++revision);
    wait_for_phase(revision, at);
    servers().run("restart-dockerd");  // stops every container, docker-proxies included
    ASSERT_TRUE(served_again(30s));
    finish_load_with_outage(fmt::format("dockerd restarted in {}", at));
    expect_converged(revision);
    if (HasFailure()) return;
  }
}

TEST_F(Chaos, DockerdWithLiveRestoreRestartedInTheMiddleOfAnUpgrade) {
  build_slow_migrations(2, 3, 1500);
  shop_.bake = "2s";
  set_live_restore(servers(), true);
  servers().run("restart-dockerd");
  ASSERT_THAT(docker({"info", "--format", "{{.LiveRestoreEnabled}}"}), testing::HasSubstr("true"));
  EXPECT_TRUE(install(shop_));
  int revision = 1;
  for (const auto* at : {"Migrating", "Verifying"}) {
    SCOPED_TRACE(at);
    start_load();
    upgrade_to(++revision);
    wait_for_phase(revision, at);
    servers().run("restart-dockerd");  // containers run on, the proxies of their ports do not
    EXPECT_TRUE(served_again(30s));
    finish_load_with_outage(fmt::format("dockerd with live-restore restarted in {}", at));
    expect_converged(revision);
    if (HasFailure()) break;
  }
  set_live_restore(servers(), false);
  servers().run("restart-dockerd");
}

TEST_F(Chaos, HaproxyReloadedAndRestartedInTheMiddleOfUpgrades) {
  shop_.bake = "1s";
  shop_.workers = 0;
  build_slow_migrations(2, 3, 300);
  ASSERT_TRUE(install(shop_));
  int revision = 1;
  struct Fault {
    std::string command;
    std::vector<std::string> arguments;
    std::string at;
  };
  const std::vector<Fault> faults{{"reload-haproxy", {}, "Withdrawing"},
                                  {"restart-haproxy", {"--kill"}, "Introducing"}};
  for (const auto& [command, arguments, at] : faults) {
    SCOPED_TRACE(fmt::format("{} in {}", command, at));
    start_load();
    upgrade_to(++revision);
    wait_for_phase(revision, at);
    servers().run(command, arguments);
    ASSERT_TRUE(served_again(5s));
    finish_load_with_outage(fmt::format("{} in {}", command, at));
    start_load();
    expect_converged(revision);
    finish_load();
    if (HasFailure()) return;
  }
  expect_every_migration_once(revision);
}

TEST_F(Chaos, PostgresRestartedInTheMiddleOfAMigration) {
  build_slow_migrations(2, 2, 2000);
  ASSERT_TRUE(install(shop_));
  start_load();
  upgrade_to(2);
  ASSERT_TRUE(eventually("the migration is under way", 10s,
                         [&] { return sql("SELECT count(*) FROM migration_runs WHERE version = '2'") == "1"; }));
  servers().run("stop-postgres", {"--kill"});
  std::this_thread::sleep_for(500ms);
  servers().run("start-postgres");
  ASSERT_TRUE(served_again(20s));
  finish_load_with_outage("PostgreSQL killed in a migration");
  start_load();
  expect_converged(2);
  finish_load();
  std::cout << fmt::format("  {} runs of the second migration\n",
                           sql("SELECT count(*) FROM migration_runs WHERE version = '2'"));
}

TEST_F(Chaos, PostgresAwayForLongerThanAnyCheckWhileAnUpgradeBakes) {
  build_slow_migrations(2, 2, 300);
  shop_.bake = "3s";
  ASSERT_TRUE(install(shop_));
  start_load();
  upgrade_to(2);
  wait_for_phase(2, "Verifying");
  servers().run("stop-postgres");
  EXPECT_TRUE(eventually("the rollout says what it is held for", 20s, [&] {
    return text_at(application(), "/status/message").find("a dependency that they share is down") != std::string::npos;
  })) << text_at(application(), "/status/message");
  std::this_thread::sleep_for(4s);
  servers().run("start-postgres");
  ASSERT_TRUE(served_again(20s));
  finish_load_with_outage("PostgreSQL away while an upgrade bakes");
  expect_converged(2);
  EXPECT_EQ(text_at(rollout(2), "/status/phase"), "Complete");
}

}  // namespace
}  // namespace teal::test
