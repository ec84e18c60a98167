// A manifest is saved, swapped, half written, removed.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "manifests/foundation/parse_time.hpp"
#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;

class Watching : public Stage {
 protected:
  Watching() {
    shop_.workers = 0;
    shop_.replicas = 1;
    shop_.bake = "0s";
  }
  void write_in_place(const std::string& text) const {
    std::ofstream{folder() + "/teald/manifests/shop.yaml", std::ios::binary | std::ios::trunc} << text;
  }
  Shop shop_;
};

TEST_F(Watching, SavingStartsARolloutAtOnce) {
  ASSERT_TRUE(install(shop_));
  std::vector<std::int64_t> took;
  for (int revision = 2; revision <= 3; ++revision) {
    shop_.version = std::to_string(revision);
    const auto saved = std::chrono::system_clock::now();
    save(shop_);
    ASSERT_TRUE(complete(revision));
    for (const auto& one : events()) {
      if (text_at(one, "/reason") != "RolloutStarted") continue;
      if (!text_at(one, "/message").starts_with(fmt::format("revision {}:", revision))) continue;
      const auto started = parse_time(text_at(one, "/time"));
      ASSERT_TRUE(started);
      took.push_back(
          std::chrono::duration_cast<Milliseconds>(started->time_since_epoch() - saved.time_since_epoch()).count());
    }
  }
  ASSERT_EQ(took.size(), 2u);
  for (const auto& one : took) {
    std::cout << "  " << one << " ms from saving the file to RolloutStarted\n";
    EXPECT_LT(one, 1000);
  }
}

TEST_F(Watching, SymlinkSwapsAsOfConfigMapsAreSaves) {
  const auto manifests = teald().manifests();
  const auto version_folder = [&](const std::string& version) {
    const auto made = manifests + "/..v" + version;
    fs::create_directory(made);
    shop_.version = version;
    std::ofstream{made + "/shop.yaml"} << manifest(shop_);
    return "..v" + version;
  };
  fs::create_symlink(version_folder("1"), manifests + "/..data");
  fs::create_symlink("..data/shop.yaml", manifests + "/shop.yaml");
  ASSERT_TRUE(complete(1));
  fs::create_symlink(version_folder("2"), manifests + "/..data_tmp");
  fs::rename(manifests + "/..data_tmp", manifests + "/..data");
  fs::remove_all(manifests + "/..v1");
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "2");
}

TEST_F(Watching, BrokenFileIsReportedAndTheLastGoodSpecStaysInForce) {
  ASSERT_TRUE(install(shop_));
  const auto before = running_containers();
  shop_.version = "2";
  const auto good = manifest(shop_);
  const auto broken = good.substr(0, good.find("components:")) + "components:\n    - name: api\n      replicas: [two\n";
  write_in_place(broken);
  ASSERT_TRUE(
      eventually("the refusal is told", 5s, [&] { return condition("ManifestAccepted", "status") == "False"; }));
  const auto message = condition("ManifestAccepted", "message");
  EXPECT_NE(message.find("shop.yaml:"), std::string::npos) << message;
  const auto place =
      fmt::format("shop.yaml:{}:1:", std::ranges::count(broken, '\n') + 1);  // where the bracket is missed
  EXPECT_NE(message.find(place), std::string::npos) << place << " expected in: " << message;
  EXPECT_FALSE(told("ManifestRefused").empty());
  EXPECT_NE(teald().log_tail(50).find("ManifestRefused"), std::string::npos);
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
  EXPECT_EQ(running_containers(), before);
  write_in_place(good);
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(condition("ManifestAccepted", "status"), "True");
}

// The half parses and means something else: only a writer that has closed its file has said what it wants.
TEST_F(Watching, HalfOfAFileIsNotTakenForTheWhole) {
  ASSERT_TRUE(install(shop_));
  shop_.version = "2";
  shop_.replicas = 2;
  const auto text = manifest(shop_);
  const auto half = text.find("  components:");
  {
    std::ofstream stream{teald().manifests() + "/shop.yaml", std::ios::binary | std::ios::trunc};
    stream << text.substr(0, half) << "  components: [{name: other}]\n" << std::flush;
    std::this_thread::sleep_for(2s);
    EXPECT_TRUE(told("Updated").empty()) << "the half was taken";
    EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
    stream.seekp(static_cast<std::streamoff>(half));
    stream << text.substr(half);
  }
  ASSERT_TRUE(complete(2));
  EXPECT_EQ(containers(), replicas(2, 2, 0));
}

TEST_F(Watching, RemovedFileLeavesAnOrphanThatRunsUntilItIsDeleted) {
  ASSERT_TRUE(install(shop_));
  const auto before = running_containers();
  const auto refused = teal({"delete", "shop"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_NE(refused.text.find("shop.yaml"), std::string::npos) << refused.text;
  fs::remove(teald().manifests() + "/shop.yaml");
  ASSERT_TRUE(eventually("it is an orphan", 5s, [&] { return condition("Orphaned", "status") == "True"; }));
  EXPECT_FALSE(told("Orphaned").empty());
  EXPECT_EQ(teald().stop(), 0);
  teald().start();
  EXPECT_EQ(condition("Orphaned", "status"), "True") << "a restart does not forget it";
  EXPECT_EQ(running_containers(), before);
  EXPECT_FALSE(get().empty());
  EXPECT_EQ(teal({"delete", "shop"}).status, 0);
  EXPECT_EQ(teal({"wait", "shop", "--for", "Deleted", "--timeout", "20s"}).status, 0);
  EXPECT_EQ(containers(), std::vector<std::string>{});
  EXPECT_EQ(haproxy_servers(), std::vector<std::string>{});
  EXPECT_TRUE(application().is_null());
  save(shop_);
  EXPECT_TRUE(complete(1)) << "the same name may be installed anew";
}

}  // namespace
}  // namespace teal::test
