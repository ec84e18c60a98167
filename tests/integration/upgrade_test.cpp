// The main job: one edited line of YAML, again and again, and no request is lost.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

constexpr int upgrades = 20;

class Upgrade : public Stage {
 protected:
  // C1, on every container that serves now: environment, arguments, labels, mounts, everything that inspect shows.
  void expect_no_migration_credentials() {
    auto password = read_text(servers().value("PG_MIGRATION_PASSWORD_FILE"));
    while (password.ends_with('\n')) password.pop_back();
    ASSERT_GT(password.size(), 8u);
    for (const auto& name : containers()) {
      const auto all = docker({"inspect", name});
      if (all.find("\"teal.role\": \"serve\"") == std::string::npos) continue;
      EXPECT_EQ(all.find(password), std::string::npos) << name;
      EXPECT_EQ(all.find("DB__USER=migration"), std::string::npos) << name;
      EXPECT_EQ(all.find("migration_password"), std::string::npos) << name;
      EXPECT_NE(all.find("DB__USER=app"), std::string::npos) << name << " has not the application's user";
    }
  }

  // Old and new side by side, while a rollout is at work.
  void look_while_both_run(int revision) {
    const auto phase_now = phase(revision);
    if (phase_now == "Verifying" || phase_now == "Withdrawing") expect_no_migration_credentials();
  }

  void expect_upgraded(int revision) {
    const auto record = rollout(revision);
    EXPECT_EQ(text_at(record, "/status/phase"), "Complete");
    EXPECT_EQ(text_at(record, "/status/fromVersion"), std::to_string(revision - 1));
    EXPECT_EQ(text_at(record, "/status/toVersion"), std::to_string(revision));
    EXPECT_EQ(number_at(record, "/status/traffic/failed"), 0);
    EXPECT_GT(number_at(record, "/status/traffic/probes"), 0);
    EXPECT_EQ(text_at(record, "/status/migration/0/state"), "Succeeded");
    EXPECT_EQ(number_at(record, "/status/migration/0/attempts"), 1);
    EXPECT_EQ(text_at(application(), "/status/activeVersion"), std::to_string(revision));
    EXPECT_EQ(containers(), replicas(revision, 2, 1)) << "wanted containers, and no orphan";
    EXPECT_EQ(haproxy_servers(), (std::vector{fmt::format("teal-shop-api-r{}-0 UP", revision),
                                              fmt::format("teal-shop-api-r{}-1 UP", revision)}));
    expect_no_migration_credentials();
  }
};

TEST_F(Upgrade, ZeroFailedRequestsInTwentyUpgradesInARow) {
  std::vector<std::string> versions;
  for (int version = 4; version <= upgrades + 1; ++version) versions.push_back(std::to_string(version));
  build_images(versions);
  Shop shop;
  ASSERT_TRUE(install(shop));
  expect_no_migration_credentials();
  start_load({120, 120, 4});
  feed_jobs(200, "0.25");
  double slowest = 0;
  double total = 0;
  for (int revision = 2; revision <= upgrades + 1; ++revision) {
    const auto begun = std::chrono::steady_clock::now();
    shop.version = std::to_string(revision);
    save(shop);
    ASSERT_TRUE(eventually("old and new run side by side", 20s, [&] { return phase(revision) == "Verifying"; }));
    look_while_both_run(revision);
    ASSERT_TRUE(complete(revision));
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
    slowest = std::max(slowest, seconds);
    total += seconds;
    expect_upgraded(revision);
    if (HasFailure()) break;
  }
  const auto report = finish_load();
  finish_jobs();
  std::cout << fmt::format("  {} upgrades, {:.2f} s each in the mean, {:.2f} s at most\n", upgrades, total / upgrades,
                           slowest);
  EXPECT_EQ(report.versions.size(), static_cast<std::size_t>(upgrades + 1)) << "every version has served";
  std::vector<std::string> expected;
  for (int version = 1; version <= upgrades + 1; ++version) {
    expected.push_back(fmt::format("{} migration finished", version));
  }
  EXPECT_EQ(migrations(), expected) << "once an upgrade, as the migration user";
  EXPECT_EQ(text_at(application(), "/status/phase"), "Healthy");
}

}  // namespace
}  // namespace teal::test
