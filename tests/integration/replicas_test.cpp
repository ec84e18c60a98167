// Replicas come, go, die and are replaced.
#include <fmt/format.h>

#include <algorithm>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

class Replicas : public Stage {
 protected:
  [[nodiscard]] std::size_t rollouts() {
    return array_at(teald().rest().get("/apis/teal/v1/rollouts?application=shop"), "/items").size();
  }

  [[nodiscard]] bool serving(int count) {
    const auto found = haproxy_servers();
    return found.size() == static_cast<std::size_t>(count) &&
           std::ranges::all_of(found, [](const std::string& one) { return one.ends_with(" UP"); }) &&
           text_at(application(), "/status/phase") == "Healthy";
  }

  Shop shop_;
};

TEST_F(Replicas, DeadReplicaIsReplacedWithoutARollout) {
  ASSERT_TRUE(install(shop_));
  const auto before = running_containers();
  const auto replaced = [&](const std::string& name) {
    return [this, before, name] {
      const auto now = running_containers();
      const auto alive = std::ranges::find_if(now, [&](const auto& one) { return one.starts_with(name + " "); });
      return alive != now.end() && std::ranges::find(before, *alive) == before.end() && serving(2);
    };
  };
  static_cast<void>(docker({"kill", "teal-shop-api-r1-0"}));
  EXPECT_TRUE(eventually("the killed replica is replaced", 10s, replaced("teal-shop-api-r1-0")));
  static_cast<void>(docker({"rm", "-f", "teal-shop-api-r1-1"}));
  EXPECT_TRUE(eventually("the removed replica is replaced", 10s, replaced("teal-shop-api-r1-1")));
  static_cast<void>(docker({"kill", "teal-shop-worker-r1-0"}));
  EXPECT_TRUE(eventually("the worker is replaced", 10s, replaced("teal-shop-worker-r1-0")));
  EXPECT_EQ(containers(), replicas(1, 2, 1));
  EXPECT_EQ(rollouts(), 1u);
  EXPECT_EQ(migrations().size(), 1u);
}

TEST_F(Replicas, ScalingIsNoRolloutAndLosesNoRequest) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  start_load();
  for (const int replicas_wanted : {3, 1, 2}) {
    shop_.replicas = replicas_wanted;
    save(shop_);
    EXPECT_TRUE(eventually(fmt::format("{} replicas", replicas_wanted), 10s, [&] {
      return serving(replicas_wanted) && containers() == replicas(1, replicas_wanted, 0);
    }));
  }
  EXPECT_EQ(rollouts(), 1u);
  finish_load();
}

TEST_F(Replicas, ChangedEnvironmentIsANewRevisionWithoutASecondMigration) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.env["COLOUR"] = "teal";
  save(shop_);
  ASSERT_TRUE(complete(2));
  finish_load();
  EXPECT_EQ(text_at(rollout(2), "/status/migration/0/state"), "NotNeeded");
  EXPECT_EQ(migrations().size(), 1u);
  EXPECT_EQ(containers(), replicas(2, 2, 0));
  EXPECT_NE(docker({"inspect", "teal-shop-api-r2-0"}).find("COLOUR=teal"), std::string::npos);
}

TEST_F(Replicas, NewerSpecSupersedesOneThatIsStarting) {
  build_images({"2-boot=2"}, "SLOW_START_MS=5000");
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.version = "2-boot";
  save(shop_);
  ASSERT_TRUE(eventually("Starting", 10s, [&] { return phase(2) == "Starting"; }));
  shop_.version = "3";
  save(shop_);
  EXPECT_TRUE(complete(3));
  EXPECT_EQ(phase(2), "Superseded");
  const auto report = finish_load();
  EXPECT_FALSE(report.versions.contains("2-boot")) << "it never took traffic";
  EXPECT_EQ(text_at(rollout(3), "/status/fromVersion"), "1");
  EXPECT_EQ(containers(), replicas(3, 2, 0));
}

TEST_F(Replicas, StopFirstWorkersNeverRunTwice) {
  shop_.worker_replace = "StopFirst";
  ASSERT_TRUE(install(shop_));
  feed_jobs(200, "0.2");
  start_load();
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(complete(2));
  finish_load();
  finish_jobs();
  // The engine's own account of who ran when.
  const auto history = lines_of(docker({"events", "--since", "1h", "--until", "0s", "--filter", "event=start",
                                        "--filter", "event=die", "--filter", "label=teal.component=worker", "--format",
                                        "{{.Action}} {{index .Actor.Attributes \"name\"}}"}));
  const std::vector<std::string> expected{"start teal-shop-worker-r1-0", "die teal-shop-worker-r1-0",
                                          "start teal-shop-worker-r2-0"};
  ASSERT_GE(history.size(), expected.size());
  EXPECT_EQ(std::vector<std::string>(history.end() - 3, history.end()), expected);
}

TEST_F(Replicas, ReplicaThatIgnoresTheStopSignalIsKilledAfterItsGrace) {
  build_images({"1-deaf=1"}, "IGNORE_SIGTERM=1");
  shop_.version = "1-deaf";
  shop_.grace = "1s";
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(complete(2));
  finish_load();
  const auto killed = told("StopTimedOut");
  ASSERT_EQ(killed.size(), 3u) << "two replicas and a worker";
  for (const auto& message : killed)
    EXPECT_NE(message.find("still runs 1s after SIGTERM: it is killed"), std::string::npos) << message;
  EXPECT_EQ(containers(), replicas(2, 2, 1));
}

}  // namespace
}  // namespace teal::test
