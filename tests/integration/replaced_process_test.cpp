// HAProxy is reloaded while old replicas still answer long requests: the old process's requests are waited for, through
// the master's socket or, without it, for as long as the drain is.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <iostream>
#include <thread>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

constexpr auto drain = "20s";
constexpr int request_ms = 12000;

class ReplacedProcess : public Stage {
 protected:
  void with_master(bool has_master) {
    auto other = settings(folder() + (has_master ? "/with-master" : "/without-master"));
    if (has_master) other.haproxy_master = servers().value("HAPROXY_MASTER_SOCKET");
    replace_teald(std::move(other));
    shop_.drain = drain;
    shop_.workers = 0;
  }

  // Four at once, so that each of the two replicas has some.
  void begin_requests() {
    for (int i = 0; i < 4; ++i) {
      const auto file = fmt::format("{}/request{}", folder(), requests_.size());
      Program program;
      program.command = {"curl",       "-s", "-o",
                         "/dev/null",  "-w", "%{http_code}",
                         "--max-time", "60", fmt::format("{}/slow?ms={}", servers().value("HAPROXY_URL"), request_ms)};
      program.output = file;
      requests_.emplace_back(std::make_unique<Process>(program), file);
    }
    std::this_thread::sleep_for(500ms);
  }
  void expect_all_answered() {
    std::string codes;
    for (auto& [process, file] : requests_) {
      EXPECT_TRUE(process->wait(60s)) << "a request without an end";
      codes += read_text(file) + " ";
      EXPECT_EQ(read_text(file), "200");
    }
    std::cout << "  long requests: " << codes << '\n';
    requests_.clear();
  }
  void upgrade_until_it_drains(int revision) {
    shop_.version = std::to_string(revision);
    save(shop_);
    ASSERT_TRUE(eventually("the old replicas drain", 60s, [&] {
      for (const auto& server : haproxy_servers()) {
        if (server.find(fmt::format("-r{}-", revision - 1)) != std::string::npos &&
            server.find("DRAIN") != std::string::npos)
          return true;
      }
      return false;
    }));
  }
  void reload() { servers().run("reload-haproxy"); }

  void reload_in_the_drain(bool has_master) {
    with_master(has_master);
    ASSERT_TRUE(install(shop_));
    begin_requests();
    upgrade_until_it_drains(2);
    reload();
    ASSERT_TRUE(complete(2, 90s));
    expect_all_answered();
    EXPECT_EQ(containers(), replicas(2, 2, 0));
    for (const auto& message : told("DrainTimedOut")) ADD_FAILURE() << message;
  }
  void reload_before_the_upgrade(bool has_master) {
    with_master(has_master);
    ASSERT_TRUE(install(shop_));
    begin_requests();
    reload();
    ASSERT_TRUE(eventually("served again", 10s, [&] { return !get().empty(); }));
    shop_.version = "2";
    save(shop_);
    ASSERT_TRUE(complete(2, 90s));
    expect_all_answered();
  }

  Shop shop_;
  std::vector<std::pair<std::unique_ptr<Process>, std::string>> requests_;
};

TEST_F(ReplacedProcess, ReloadedInADrainWithTheMastersSocket) { reload_in_the_drain(true); }
TEST_F(ReplacedProcess, ReloadedInADrainWithoutTheMastersSocket) { reload_in_the_drain(false); }
TEST_F(ReplacedProcess, ReloadedBeforeTheUpgradeWithTheMastersSocket) { reload_before_the_upgrade(true); }
TEST_F(ReplacedProcess, ReloadedBeforeTheUpgradeWithoutTheMastersSocket) { reload_before_the_upgrade(false); }

TEST_F(ReplacedProcess, ReloadedTwiceInADrain) {
  with_master(true);
  ASSERT_TRUE(install(shop_));
  begin_requests();
  upgrade_until_it_drains(2);
  reload();
  reload();
  ASSERT_TRUE(complete(2, 90s));
  expect_all_answered();
}

TEST_F(ReplacedProcess, KilledInADrainIsWaitedForNoLongerThanTheDrain) {
  with_master(false);
  ASSERT_TRUE(install(shop_));
  begin_requests();
  upgrade_until_it_drains(2);
  servers().run("restart-haproxy", {"--kill"});
  EXPECT_TRUE(complete(2, 90s));
  EXPECT_EQ(containers(), replicas(2, 2, 0));
  for (auto& [process, file] : requests_) EXPECT_TRUE(process->wait(60s));
}

TEST_F(ReplacedProcess, TheWrongSocketIsNamedInTheStatus) {
  auto swapped = settings(folder() + "/swapped");
  swapped.haproxy_master = swapped.haproxy_socket;
  replace_teald(std::move(swapped));
  shop_.workers = 0;
  save(shop_);
  EXPECT_TRUE(eventually("the status says so", 30s, [&] {
    return text_at(application(), "/status/message").find("not of the master") != std::string::npos;
  })) << text_at(application(), "/status/message");
}

TEST_F(ReplacedProcess, AnAbsenceOfTheLoadBalancerIsAnEventAndSoIsItsReturn) {
  shop_.workers = 0;
  ASSERT_TRUE(install(shop_));
  servers().run("stop-haproxy");
  EXPECT_TRUE(eventually("it is told", 30s, [&] { return told("LoadBalancerUnavailable").size() == 1; }));
  servers().run("start-haproxy");
  EXPECT_TRUE(eventually("its return is told", 30s, [&] { return told("LoadBalancerAnswers").size() == 1; }));
  EXPECT_EQ(told("LoadBalancerUnavailable").size(), 1u);
}

}  // namespace
}  // namespace teal::test
