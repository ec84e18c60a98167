// The HAProxy that Teal keeps itself, with real containers behind it: what its clients see of upgrades, while teald is
// killed and HAProxy is reloaded, and of a Recreate.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/conformance/haproxy_process.hpp"
#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

class ManagedEdge : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    port_ = free_port();
    auto managed = settings(folder() + "/managed");
    managed.managed_haproxy =
        fmt::format("{{managed: {{listen: [\"127.0.0.1:{}\"], directory: {}}}}}", port_, directory());
    replace_teald(std::move(managed));
    ASSERT_TRUE(eventually("teald has written the configuration", 30s,
                           [&] { return std::filesystem::exists(directory() + "/haproxy.cfg"); }));
    // As the README says to do it by hand: without the master's socket.
    HaproxyChoice choice;
    choice.folder = directory();
    choice.port = port_;
    choice.has_master_socket = false;
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
    shop_.workers = 0;
    shop_.load_balancer = "name: edge, drain: 10s, routes: [{path: /}]";
  }

  [[nodiscard]] std::string traffic_url() const override {
    return port_ == 0 ? Stage::traffic_url() : fmt::format("http://127.0.0.1:{}", port_);
  }
  [[nodiscard]] std::string directory() const { return folder() + "/edge"; }

  // The status and the body that a client of this host gets.
  std::string ask(const std::string& path, const std::string& host = "shop.example.com") {
    return run_to_end(
               {"curl", "-s", "--max-time", "30", "-H", "Host: " + host, "-w", " %{http_code}", traffic_url() + path},
               folder())
        .text;
  }

  int port_ = 0;
  std::unique_ptr<HaproxyProcess> haproxy_;
  Shop shop_;
};

TEST_F(ManagedEdge, AnInstallationServesAnUpgradeLosesNothingAndAMaintenanceShowsAPage) {
  EXPECT_THAT(ask("/"), HasSubstr(" 404")) << "there before anything is installed";
  ASSERT_TRUE(install(shop_));
  EXPECT_THAT(ask("/"), HasSubstr("\"version\":\"1\""));
  start_load();
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(complete(2, 90s));
  const auto report = finish_load();
  EXPECT_EQ(report.versions.size(), 2U);
  EXPECT_EQ(containers(), replicas(2, 2, 0));
  EXPECT_EQ(number_at(rollout(2), "/status/traffic/failed"), 0);

  // Behind the page of a maintenance as well.
  EXPECT_EQ(teal({"maintenance", "shop", "on"}).status, 0);
  const auto shows_page = [&] { return ask("/").find("Maintenance") != std::string::npos; };
  ASSERT_TRUE(eventually("the page is shown", 30s, shows_page));
  EXPECT_THAT(ask("/"), HasSubstr(" 503"));
  EXPECT_THAT(teal({"status", "shop"}).text, HasSubstr("teal maintenance shop off"));
  shop_.version = "3";
  save(shop_);
  ASSERT_TRUE(complete(3, 90s)) << "teald's own requests reach it";
  haproxy_->reload();
  EXPECT_TRUE(shows_page());
  EXPECT_EQ(teal({"maintenance", "shop", "off"}).status, 0);
  EXPECT_TRUE(
      eventually("requests go on", 30s, [&] { return ask("/").find("\"version\":\"3\"") != std::string::npos; }));
  EXPECT_EQ(told("MaintenanceBegan").size(), 1U);
  EXPECT_EQ(told("MaintenanceEnded").size(), 1U);
}

TEST_F(ManagedEdge, TealdIsKilledAndHaproxyReloadedMeanwhileAndNothingIsLost) {
  ASSERT_TRUE(install(shop_));
  start_load();
  int revision = 1;
  for (const std::string at : {"Verifying", "Withdrawing"}) {
    ++revision;
    shop_.version = std::to_string(revision);
    shop_.bake = "1s";
    save(shop_);
    ASSERT_TRUE(eventually("the rollout is " + at, 60s, [&] {
      const auto now = phase(revision);
      return now == at || now == "Complete";
    }));
    teald().kill();
    for (int i = 0; i < 2; ++i) haproxy_->reload();
    EXPECT_THAT(ask("/"), HasSubstr(" 200")) << at;
    teald().start();
    ASSERT_TRUE(complete(revision, 90s)) << at;
  }
  finish_load();
  EXPECT_EQ(containers(), replicas(revision, 2, 0));
}

TEST_F(ManagedEdge, TwoApplicationsAreToldApartByHostAndPath) {
  Shop till = shop_;
  till.name = "till";
  till.version = "2";
  till.load_balancer = "name: edge, drain: 5s, routes: [{path: /slow}, {host: till.example.com}]";
  shop_.load_balancer = "name: edge, drain: 5s, routes: [{path: /}]";
  ASSERT_TRUE(install(shop_));
  ASSERT_TRUE(install(till));
  EXPECT_THAT(ask("/"), HasSubstr("\"version\":\"1\""));
  EXPECT_THAT(ask("/slow?ms=1"), HasSubstr("\"version\":\"2\""));
  EXPECT_THAT(ask("/", "till.example.com"), HasSubstr("\"version\":\"2\""));
  start_load();
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(complete(2, 90s));
  till.version = "3";
  save(till);
  ASSERT_TRUE(complete(2, 90s, "till"));
  EXPECT_THAT(ask("/"), HasSubstr("\"version\":\"2\""));
  EXPECT_THAT(ask("/slow?ms=1"), HasSubstr("\"version\":\"3\""));
  till.load_balancer = "name: edge, drain: 5s, routes: [{host: till.example.com}]";
  save(till);
  EXPECT_TRUE(eventually("the route leads to the other one", 30s,
                         [&] { return ask("/slow?ms=1").find("\"version\":\"2\"") != std::string::npos; }));
  EXPECT_THAT(ask("/", "till.example.com"), HasSubstr("\"version\":\"3\""));
  finish_load();
  Shop greedy = till;
  greedy.name = "greedy";
  save(greedy);
  EXPECT_TRUE(
      eventually("a route that is taken is refused", 30s, [&] { return told("ManifestRefused", "").size() == 1; }));
  EXPECT_THAT(told("ManifestRefused", "").at(0), HasSubstr("belongs to application till"));
}

TEST_F(ManagedEdge, RequestsWaitForTheEndOfARecreate) {
  shop_.strategy = "Recreate";
  shop_.replicas = 1;
  shop_.load_balancer = "name: edge, drain: 10s, routes: [{path: /, held: 2m}]";
  ASSERT_TRUE(install(shop_));
  start_load({10, 10, 2, 3min});
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(complete(2, 90s));
  const auto report = finish_load();
  EXPECT_EQ(report.versions.size(), 2U);
  EXPECT_EQ(containers(), replicas(2, 1, 0));
}

}  // namespace
}  // namespace teal::test
