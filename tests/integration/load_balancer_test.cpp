// HAProxy forgets everything when it reloads or restarts: teald puts it back.
#include <iostream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

class LoadBalancer : public Stage {
 protected:
  // From the moment that the new HAProxy answers.
  void expect_servers_back(const std::string& what) {
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(eventually("a request is served after " + what, 1s, [&] { return !get().empty(); }));
    const auto passed = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
    std::cout << "  served again " << passed.count() << " ms after " << what << '\n';
    EXPECT_TRUE(eventually("the status is right after " + what, 5s, [&] {
      const auto found = application();
      return text_at(found, "/status/phase") == "Healthy" && number_at(found, "/status/components/0/ready") == 2 &&
             haproxy_servers().size() == 2;
    }));
  }

  Shop shop_;
};

TEST_F(LoadBalancer, ServersAreBackAfterReloadAndRestart) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  servers().run("reload-haproxy");
  expect_servers_back("a reload");
  servers().run("restart-haproxy");
  expect_servers_back("a restart");
  servers().run("restart-haproxy", {"--kill"});
  expect_servers_back("a crash");
  EXPECT_EQ(containers(), replicas(1, 2, 0)) << "no replica was touched";
}

TEST_F(LoadBalancer, StatusSaysThatItIsAwayAndReplicasAreLeftAlone) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  const auto before = running_containers();
  servers().run("stop-haproxy");
  EXPECT_TRUE(eventually("the status says so", 5s, [&] {
    return text_at(application(), "/status/message").find("load balancer edge") != std::string::npos;
  })) << text_at(application(), "/status/message");
  servers().run("start-haproxy");
  expect_servers_back("an absence");
  EXPECT_EQ(running_containers(), before);
}

TEST_F(LoadBalancer, ReloadAndRestartInTheMiddleOfAnUpgrade) {
  shop_.bake = "1500ms";
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  shop_.version = "2";
  save(shop_);
  ASSERT_TRUE(eventually("Verifying", 20s, [&] { return phase(2) == "Verifying"; }));
  servers().run("reload-haproxy");
  ASSERT_TRUE(complete(2));
  expect_servers_back("a reload while baking");
  build_images({"3-boot=3"}, "SLOW_START_MS=1500");
  shop_.version = "3-boot";
  save(shop_);
  ASSERT_TRUE(eventually("Starting", 20s, [&] { return phase(3) == "Starting"; }));
  servers().run("restart-haproxy", {"--kill"});
  EXPECT_TRUE(eventually("the old version serves again", 1s, [&] { return !get().empty(); }));
  ASSERT_TRUE(complete(3));
  EXPECT_EQ(containers(), replicas(3, 2, 0));
  EXPECT_EQ(haproxy_servers(), (std::vector<std::string>{"teal-shop-api-r3-0 UP", "teal-shop-api-r3-1 UP"}));
}

}  // namespace
}  // namespace teal::test
