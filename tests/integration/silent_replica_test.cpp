// Replicas that hang and still accept connections, behind a check of layer 4 that does not notice; a check that asks
// something else; servers that a person has changed by hand. On real parts.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <regex>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class SilentReplica : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    config_ = servers().value("HAPROXY_CONFIG");
    original_ = read_text(config_);
    shop_.workers = 0;
  }
  void TearDown() override {
    if (read_text(config_) != original_) {
      std::ofstream{config_} << original_;
      servers().run("restart-haproxy");
    }
    Stage::TearDown();
  }

  void edit_haproxy(const std::string& pattern, const std::string& with) {
    const auto edited = std::regex_replace(read_text(config_), std::regex{pattern}, with);
    ASSERT_NE(edited, read_text(config_)) << pattern;
    std::ofstream{config_} << edited;
    servers().run("restart-haproxy");
  }
  // Its check does no more than to connect.
  void check_connections_only() {
    edit_haproxy("option httpchk", "# no httpchk");
    edit_haproxy("    http-check [^\\n]*\\n", "");
  }
  [[nodiscard]] bool is_up(const std::string& replica) {
    const auto all = haproxy_servers();
    return std::ranges::count(all, replica + " UP") == 1;
  }
  std::string status_message() { return text_at(application(), "/status/message"); }
  std::string id_of(const std::string& container) {
    for (const auto& one : running_containers()) {
      if (one.starts_with(container + " ")) return one;
    }
    return "";
  }
  void runtime(const std::string& command) { servers().run("haproxy", {command}); }

  Shop shop_;

 private:
  std::string config_;
  std::string original_;
};

TEST_F(SilentReplica, APausedOneLeavesTrafficAndReturnsOnceItGoesOn) {
  check_connections_only();
  ASSERT_TRUE(install(shop_));
  const auto id = id_of("teal-shop-api-r1-0");
  static_cast<void>(docker({"pause", "teal-shop-api-r1-0"}));
  ASSERT_TRUE(eventually("it takes no traffic", 60s, [&] { return !is_up("teal-shop-api-r1-0"); }));
  EXPECT_TRUE(is_up("teal-shop-api-r1-1"));
  for (int i = 0; i < 10; ++i) EXPECT_NE(get(), "") << "a request that hangs";
  EXPECT_THAT(told("ReplicaSetAside"), Contains(HasSubstr("docker unpause teal-shop-api-r1-0")));
  EXPECT_EQ(text_at(application(), "/status/phase"), "Degraded");
  EXPECT_THAT(teal({"status", "shop"}).text, HasSubstr("takes no traffic until it answers again"));
  static_cast<void>(docker({"unpause", "teal-shop-api-r1-0"}));
  EXPECT_TRUE(eventually("it takes traffic again", 60s, [&] {
    return is_up("teal-shop-api-r1-0") && text_at(application(), "/status/phase") == "Healthy";
  })) << status_message();
  // On a slow machine it may have been replaced by then.
  EXPECT_TRUE(id_of("teal-shop-api-r1-0") != id || !told("ReplicaGivenBack").empty());
}

TEST_F(SilentReplica, OneThatStaysSilentIsReplaced) {
  check_connections_only();
  ASSERT_TRUE(install(shop_));
  const auto id = id_of("teal-shop-api-r1-0");
  static_cast<void>(docker({"kill", "-s", "STOP", "teal-shop-api-r1-0"}));
  EXPECT_TRUE(eventually("another one serves in its place", 180s, [&] {
    return id_of("teal-shop-api-r1-0") != id && is_up("teal-shop-api-r1-0") &&
           text_at(application(), "/status/phase") == "Healthy";
  })) << status_message();
  EXPECT_THAT(told("ReplicaHung"), Contains(HasSubstr("api replica 0 of revision 1")));
}

TEST_F(SilentReplica, WhenAllStopAnsweringNoneIsTakenOut) {
  check_connections_only();
  ASSERT_TRUE(install(shop_));
  for (const auto* name : {"teal-shop-api-r1-0", "teal-shop-api-r1-1"})
    static_cast<void>(docker({"kill", "-s", "STOP", name}));
  ASSERT_TRUE(eventually("both are called unhealthy", 60s, [&] {
    const auto found = application();
    return text_at(found, "/status/components/0/replicas/0/health").starts_with("3 of 3 failed") &&
           text_at(found, "/status/components/0/replicas/1/health").starts_with("3 of 3 failed");
  }));
  EXPECT_TRUE(is_up("teal-shop-api-r1-0") && is_up("teal-shop-api-r1-1"));
  for (const auto* name : {"teal-shop-api-r1-0", "teal-shop-api-r1-1"})
    static_cast<void>(docker({"kill", "-s", "CONT", name}));
  EXPECT_TRUE(eventually("it is healthy", 60s, [&] { return text_at(application(), "/status/phase") == "Healthy"; }));
  EXPECT_THAT(told("ReplicaHung"), IsEmpty());
}

// Row 25 of the field reports.
TEST_F(SilentReplica, ACheckOfAnotherPathIsFoundByThePlanAndBeforeTheMigration) {
  ASSERT_TRUE(install(shop_));
  edit_haproxy("uri \"\\$\\{TEAL_HAPROXY_HEALTH_PATH\\}\"", "uri /no-such-path");
  const std::string words = "while teald's own is healthy: `http-check send uri` must ask the same path";
  ASSERT_TRUE(eventually("the status says so", 60s, [&] { return status_message().find(words) != std::string::npos; }))
      << status_message();
  shop_.version = "2";
  const auto file = folder() + "/next.yaml";
  std::ofstream{file} << manifest(shop_);
  EXPECT_THAT(teal({"plan", "-f", file}).text, HasSubstr("HAProxy's check of backend"));
  EXPECT_THAT(teal({"preflight", "shop"}).text, HasSubstr("HAProxy's check of backend"));
  save(shop_);
  ASSERT_TRUE(eventually("the rollout waits and says why", 60s, [&] {
    return phase(2) == "Preparing" && status_message().find(words) != std::string::npos;
  })) << status_message();
  EXPECT_EQ(migrations().size(), 1u);
}

// Row 21 of the field reports.
TEST_F(SilentReplica, ASecondApplicationOfABackendIsRefused) {
  ASSERT_TRUE(install(shop_));
  auto other = manifest(shop_);
  const std::string name = "  name: shop\n";
  other.replace(other.find(name), name.size(), "  name: shop2\n");
  const auto file = folder() + "/second.yaml";
  std::ofstream{file} << other;
  const std::string words = "belongs to application shop";
  EXPECT_THAT(teal({"plan", "-f", file}).text, HasSubstr(words));
  const auto applied = teal({"apply", "-f", file});
  EXPECT_NE(applied.status, 0);
  EXPECT_THAT(applied.text, HasSubstr(words));
  teald().save("shop2.yaml", other);
  EXPECT_TRUE(eventually("the refusal is told", 20s, [&] {
    for (const auto& event : events("")) {
      if (text_at(event, "/message").find(words) != std::string::npos) return true;
    }
    return false;
  }));
  EXPECT_EQ(haproxy_servers(), (std::vector<std::string>{"teal-shop-api-r1-0 UP", "teal-shop-api-r1-1 UP"}));
}

TEST_F(SilentReplica, WhatSomebodyDoesToAServerIsSaidAndUndone) {
  ASSERT_TRUE(install(shop_));
  const auto where = servers().value("HAPROXY_BACKEND") + "/teal-shop-api-r1-0";
  const auto is_back = [&] {
    const auto answer = servers().run("haproxy", {"get weight " + where});
    return is_up("teal-shop-api-r1-0") && answer.find("(initial 1)") != std::string::npos && answer.starts_with("1 ");
  };
  std::size_t times = 0;
  for (const auto& command :
       {fmt::format("set server {} weight 0%", where),
        fmt::format("disable health {0};set server {0} health down", where),
        fmt::format("set server {} state maint", where), fmt::format("set server {} state drain", where)}) {
    runtime(command);
    ++times;
    EXPECT_TRUE(eventually("it is said", 60s, [&] { return told("TakenOutByHand").size() >= times; })) << command;
    EXPECT_TRUE(eventually("it is undone", 60s, is_back)) << command;
    EXPECT_TRUE(eventually("it is healthy", 60s, [&] { return text_at(application(), "/status/phase") == "Healthy"; }));
  }
  EXPECT_EQ(told("TakenOutByHand").size(), times);
  EXPECT_THAT(told("TakenOutByHand"), Contains(HasSubstr("set server " + where + " weight 100%")));
}

}  // namespace
}  // namespace teal::test
