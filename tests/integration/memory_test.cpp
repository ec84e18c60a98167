// teald's memory is lost, or older than the world, and people recreate what it made: what serves goes on serving.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class Memory : public Stage {
 protected:
  [[nodiscard]] std::filesystem::path store() { return teald().store(); }
  // Empty: it is not there now.
  std::string image_of(const std::string& container) {
    try {
      return docker({"inspect", "-f", "{{.Image}}", container});
    } catch (const std::exception&) {
      return "";
    }
  }
  void lose_store() {
    for (const auto* end : {"", "-wal", "-shm"}) std::filesystem::remove(store().string() + end);
  }
  void copy_store(const std::string& to, bool back) {
    for (const auto* end : {"", "-wal", "-shm"}) {
      const auto here = store().string() + end;
      const auto there = to + end;
      std::filesystem::remove(back ? here : there);
      if (std::filesystem::exists(back ? there : here))
        std::filesystem::copy_file(back ? there : here, back ? here : there);
    }
  }
};

TEST_F(Memory, ALostStoreTakesNothingOutOfTraffic) {
  Shop shop;
  ASSERT_TRUE(install(shop));
  start_load();
  const auto before = running_containers();
  EXPECT_EQ(teald().stop(), 0);
  lose_store();
  teald().start();
  ASSERT_TRUE(eventually("adopted", 30s, [&] { return !told("Adopted").empty(); }));
  ASSERT_TRUE(complete(1));
  EXPECT_EQ(running_containers(), before);
  EXPECT_THAT(migrations(), SizeIs(1)) << "what serves proves that it is done";
  EXPECT_EQ(teald().stop(), 0);
  lose_store();
  shop.version = "2";
  save(shop);
  teald().start();
  ASSERT_TRUE(complete(2));
  finish_load();
  EXPECT_THAT(told("Adopted"), Contains(HasSubstr("version 1")));
}

TEST_F(Memory, ARestoredStoreStartsNoOldVersionAndMigratesNothingAgain) {
  Shop shop;
  ASSERT_TRUE(install(shop));
  EXPECT_EQ(teald().stop(), 0);
  const auto backup = folder() + "/backup.db";
  copy_store(backup, false);
  teald().start();
  start_load();
  shop.version = "2";
  save(shop);
  ASSERT_TRUE(complete(2));
  const auto before = running_containers();
  EXPECT_EQ(teald().stop(), 0);
  copy_store(backup, true);
  teald().start();
  ASSERT_TRUE(eventually("told", 30s, [&] { return !told("MemoryOlderThanWorld").empty(); }));
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(running_containers(), before);
  EXPECT_THAT(migrations(), SizeIs(2));
  finish_load();
}

TEST_F(Memory, AReplicaThatWasRecreatedByHandIsReplaced) {
  Shop shop;
  shop.replicas = 2;
  ASSERT_TRUE(install(shop));
  EXPECT_EQ(teald().stop(), 0);
  const auto labels =
      docker({"inspect", "-f", "{{range $k, $v := .Config.Labels}}{{$k}}={{$v}}\n{{end}}", "teal-shop-api-r1-0"});
  static_cast<void>(docker({"rm", "-f", "teal-shop-api-r1-0"}));
  std::vector<std::string> run{"run", "-d", "--name", "teal-shop-api-r1-0", "-p", "127.0.0.1::8000"};
  for (const auto& label : lines_of(labels)) {
    if (label.empty()) continue;
    run.emplace_back("--label");
    run.push_back(label);
  }
  run.emplace_back("sample:2");
  static_cast<void>(docker(run));
  teald().start();
  ASSERT_TRUE(eventually("told", 30s, [&] { return !told("RecreatedByHand").empty(); }));
  ASSERT_TRUE(eventually("replaced", 30s, [&] {
    return image_of("teal-shop-api-r1-0") == docker({"inspect", "-f", "{{.Id}}", "sample:1"}) &&
           text_at(application(), "/status/phase") == "Healthy";
  }));
  EXPECT_THAT(haproxy_servers(), ElementsAre("teal-shop-api-r1-0 UP", "teal-shop-api-r1-1 UP"));
}

TEST_F(Memory, AMigrationWhoseEndIsPushedOutOfTheEnginesMemoryIsBelieved) {
  build_images({"2"}, "MIGRATION_SLEEP_MS=4000");
  Shop shop;
  ASSERT_TRUE(install(shop));
  shop.version = "2";
  save(shop);
  ASSERT_TRUE(eventually("migrates", 30s, [&] {
    const auto running = running_containers();
    return std::ranges::any_of(running, [](const auto& one) { return one.starts_with("teal-shop-default-r2-1 "); });
  }));
  teald().kill();
  ASSERT_TRUE(eventually("ended", 60s, [&] {
    return docker({"inspect", "-f", "{{.State.Status}}", "teal-shop-default-r2-1"}).starts_with("exited");
  }));
  for (int i = 0; i < 100; ++i) {  // three events each; the engine keeps 256
    static_cast<void>(docker({"exec", "teal-shop-worker-r1-0", "/bin/sh", "-c", ":"}));
  }
  teald().start();
  ASSERT_TRUE(complete(2));
  EXPECT_THAT(migrations(), SizeIs(2)) << "each version once";
  EXPECT_EQ(number_at(rollout(2), "/status/migration/0/attempts"), 1);
}

}  // namespace
}  // namespace teal::test
