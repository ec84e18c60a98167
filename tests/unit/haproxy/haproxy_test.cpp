// The LoadBalancer over a Runtime API that can be made to fail at any step.
#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/support/await.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class HaproxyCommands : public testing::Test {
 protected:
  ports::ServerSpec spec() {
    ports::ServerSpec spec;
    spec.name = "a";
    spec.address = "127.0.0.1:8000";
    return spec;
  }
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  void SetUp() override { refuse("nothing", ""); }
  // `text` for lines that begin with `start`; what a release that deletes servers says to all others: that it is one,
  // that it has a server `a`, success.
  void refuse(std::string start, std::string text) {
    runtime_.answer([start = std::move(start), text = std::move(text)](const std::string& line) {
      return line.starts_with(start) ? text : agreed(line);
    });
  }
  static std::string agreed(const std::string& line) {
    if (line == "show info") return "Name: HAProxy\nVersion: 3.2.26-1\n\n";
    if (line.starts_with("get var")) return "Variable not found.\n\n";
    if (line.find("show servers state") == std::string::npos) return "\n";
    return "1\n# srv_name srv_admin_state\na 0\n\n"
           "# "
           "pxname,svname,qcur,scur,status,type,check_status,last_chk,addr,\nshop,a,0,0,UP,2,L7OK,,127.0.0.1:8000,\n\n";
  }
  // What it was told, without questions.
  std::vector<std::string> told() {
    auto lines = runtime_.lines();
    std::erase_if(lines, [](const auto& line) { return line.starts_with("show ") || line.starts_with("get var"); });
    return lines;
  }

  boost::asio::io_context loop_;
  ScriptedRuntime runtime_{loop_};
  std::unique_ptr<ports::LoadBalancer> balancer_ = haproxy::make_haproxy({runtime_.path(), nullptr});
};

TEST_F(HaproxyCommands, AddsInDrainAndNeverEnabled) {
  ASSERT_TRUE(run(balancer_->attach("shop", spec())));
  EXPECT_THAT(told(), ElementsAre(AllOf(StartsWith("add server shop/a 127.0.0.1:8000 check inter "),
                                        HasSubstr("rise 1 fall 2"), HasSubstr("pool-purge-delay 5s")),
                                  "enable health shop/a", "set server shop/a state drain"));
  EXPECT_THAT(runtime_.lines(), Each(Not(HasSubstr("enabled"))));
  EXPECT_THAT(runtime_.lines(), Each(Not(HasSubstr("state ready"))));
}

TEST_F(HaproxyCommands, GivesChecksTheTimeThatTheApplicationHas) {
  for (const auto& [timeout, inter] : std::vector<std::pair<Duration, std::string>>{
           {1s, "inter 1000ms "}, {50ms, "inter 200ms "}, {60s, "inter 2000ms "}}) {
    auto wanted = spec();
    wanted.health.timeout = timeout;
    ASSERT_TRUE(run(balancer_->attach("shop", wanted)));
    EXPECT_THAT(runtime_.lines(), Contains(HasSubstr(inter)));
  }
}

TEST_F(HaproxyCommands, ATakenNameLeavesItsServerAlone) {
  refuse("add server", "Already exists a server with the same name in backend.\n");
  const auto added = run(balancer_->attach("shop", spec()));
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().code, ErrorCode::conflict);
  EXPECT_EQ(told().size(), 1u) << "nothing that would change the server that has the name";
}

TEST_F(HaproxyCommands, SaysHowFarAnAddCame) {
  refuse("enable health", "No such server.\n");
  EXPECT_THAT(run(balancer_->attach("shop", spec())).error().message,
              HasSubstr("shop/a is added, but its health check"));
  refuse("set server", "No such server.\n");
  EXPECT_THAT(run(balancer_->attach("shop", spec())).error().message, HasSubstr("shop/a is added, but in maintenance"));
}

TEST_F(HaproxyCommands, HostileNamesAreNeverSent) {
  for (const std::string name : {"a;shutdown sessions server shop/b", "a b", "a\nshow info", "a\\", "<<", ""}) {
    auto wanted = spec();
    wanted.name = name;
    EXPECT_EQ(run(balancer_->attach("shop", wanted)).error().code, ErrorCode::invalid);
    EXPECT_EQ(run(balancer_->attach(name, spec())).error().code, ErrorCode::invalid);
    EXPECT_EQ(run(balancer_->admit("shop", name)).error().code, ErrorCode::invalid);
    EXPECT_EQ(run(balancer_->drain(name, "a")).error().code, ErrorCode::invalid);
    EXPECT_EQ(run(balancer_->detach("shop", name, true)).error().code, ErrorCode::invalid);
    EXPECT_EQ(run(balancer_->servers(name)).error().code, ErrorCode::invalid);
    wanted = spec();
    wanted.address = "127.0.0.1:80 " + name;
    EXPECT_EQ(run(balancer_->attach("shop", wanted)).error().code, ErrorCode::invalid);
  }
  EXPECT_THAT(runtime_.lines(), IsEmpty());
}

TEST_F(HaproxyCommands, RemovalWaitsForConnectionsToBePurged) {
  int tries = 0;
  runtime_.answer([&](const std::string& line) -> std::string {
    if (!line.starts_with("del server")) return agreed(line);
    return ++tries < 4 ? "Server still has connections attached to it, cannot remove it.\n" : "Server deleted.\n";
  });
  ASSERT_TRUE(run(balancer_->detach("shop", "a", false)));
  EXPECT_EQ(tries, 4);
  EXPECT_EQ(told().front(), "set server shop/a state maint");
  EXPECT_THAT(runtime_.lines(), Each(Not(HasSubstr("shutdown"))));
}

TEST_F(HaproxyCommands, RemovalGivesUpInBoundedTime) {
  refuse("del server", "Server still has connections attached to it, cannot remove it.\n");
  const auto begun = std::chrono::steady_clock::now();
  const auto removed = run(balancer_->detach("shop", "a", false));
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::conflict);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST_F(HaproxyCommands, CuttingSessionsComesBetweenMaintenanceAndDeletion) {
  refuse("del server", "Server deleted.\n");
  ASSERT_TRUE(run(balancer_->detach("shop", "a", true)));
  EXPECT_THAT(told(),
              ElementsAre("set server shop/a state maint", "shutdown sessions server shop/a", "del server shop/a"));
}

TEST_F(HaproxyCommands, WhatIsGoneAlreadyIsRemoved) {
  for (const std::string step : {"set server", "shutdown", "del server"}) {
    refuse(step, "No such server.\n");
    EXPECT_TRUE(run(balancer_->detach("shop", "a", true))) << step;
  }
  refuse("set server", "No such backend.\n");
  EXPECT_EQ(run(balancer_->detach("shop", "a", true)).error().code, ErrorCode::not_found);
}

TEST_F(HaproxyCommands, AServerWithoutACheckCanBeDrained) {
  refuse("enable health", "Health check was not configured on this server, cannot enable.\n");
  EXPECT_TRUE(run(balancer_->drain("shop", "a")));
}

TEST_F(HaproxyCommands, ADrainThatCannotSwitchTheCheckOnIsTriedAgain) {
  refuse("enable health", "");
  EXPECT_EQ(run(balancer_->drain("shop", "a")).error().code, ErrorCode::unavailable);
  EXPECT_THAT(runtime_.lines(), Each(Not(HasSubstr("state drain")))) << "seen draining it would not be drained again";
}

TEST_F(HaproxyCommands, FindsServersBehindAFrontendOfTheSameName) {
  const std::string state = "1\n# srv_name srv_admin_state\na 0\n\n";
  const std::string header = "# pxname,svname,qcur,scur,status,type,check_status,last_chk,addr,\n";
  runtime_.answer([&](const std::string& line) {
    if (line.starts_with("get var")) return std::string{"Variable not found.\n\n"};
    if (line.ends_with("show stat shop 4 -1")) return state + header + "\n";
    return state + header + "shop,a,0,0,UP,2,L7OK,,127.0.0.1:8000,\nother,a,0,9,DOWN,2,L4CON,,127.0.0.1:9000,\n\n";
  });
  const auto servers = run(balancer_->servers("shop"));
  ASSERT_TRUE(servers) << servers.error().message;
  ASSERT_EQ(servers->size(), 1u);
  EXPECT_EQ(servers->front().address, "127.0.0.1:8000");
}

TEST_F(HaproxyCommands, AnAnswerCutShortIsNotAnEmptyBackend) {
  runtime_.answer([](const std::string&) { return "1\n# be_id srv_name srv_admin_state\n"; });
  const auto servers = run(balancer_->servers("shop"));
  ASSERT_FALSE(servers);
  EXPECT_EQ(servers.error().code, ErrorCode::unavailable);
  EXPECT_THAT(servers.error().message, HasSubstr("shop"));
}

TEST_F(HaproxyCommands, EveryCallOnADeadSocketFails) {
  runtime_.stop();
  EXPECT_EQ(run(balancer_->servers("shop")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(run(balancer_->attach("shop", spec())).error().code, ErrorCode::unavailable);
  EXPECT_EQ(run(balancer_->admit("shop", "a")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(run(balancer_->drain("shop", "a")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(run(balancer_->detach("shop", "a", false)).error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace teal::test
