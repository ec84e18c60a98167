// What becomes of the servers of replicas that are gone, in releases that cannot be trusted to delete one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/drivers/load_balancers/haproxy/slots.hpp"
#include "tests/support/await.hpp"
#include "tests/unit/haproxy/modelled_haproxy.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class HaproxySlots : public testing::Test {
 protected:
  HaproxySlots() {
    runtime_.answer([this](const std::string& line) { return model_.answer(line); });
  }

  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  Result<void> add(const std::string& name, int port, Duration timeout = Duration{1000}) {
    ports::ServerSpec spec;
    spec.name = name;
    spec.address = fmt::format("127.0.0.1:{}", port);
    spec.health.timeout = timeout;
    return run(balancer_->attach("shop", std::move(spec)));
  }
  Result<void> remove(const std::string& name, bool cut = false) { return run(balancer_->detach("shop", name, cut)); }
  // "name at address", as teald is told.
  std::vector<std::string> told() {
    std::vector<std::string> lines;
    const auto servers = run(balancer_->servers("shop"));
    EXPECT_TRUE(servers) << servers.error().message;
    if (!servers) return lines;
    for (const auto& server : *servers) lines.push_back(server.name + " at " + server.address);
    return lines;
  }
  // "name at address state", as HAProxy has them.
  std::vector<std::string> kept() {
    std::vector<std::string> lines;
    for (const auto& one : model_.servers()) lines.push_back(one.name + " at " + one.address + " " + one.state);
    return lines;
  }

  boost::asio::io_context loop_;
  ModelledHaproxy model_{"2.6.12-1+deb12u4"};
  ScriptedRuntime runtime_{loop_};
  std::unique_ptr<ports::LoadBalancer> balancer_ = haproxy::make_haproxy({runtime_.path(), nullptr});
};

TEST_F(HaproxySlots, AServerIsNeverDeletedNorItsSessionsCut) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  model_.server("teal-shop-api-r1-0").sessions = 3;
  ASSERT_TRUE(remove("teal-shop-api-r1-0", true));
  EXPECT_THAT(runtime_.lines(), Each(Not(HasSubstr("del server"))));
  EXPECT_THAT(runtime_.lines(), Each(Not(HasSubstr("shutdown sessions"))));
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(kept(), ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1001 maint"));
}

TEST_F(HaproxySlots, TheNextReplicaTakesAFreeSlotOver) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  model_.server("teal-shop-api-r1-0").errors = 7;
  ASSERT_TRUE(add("teal-shop-api-r2-0", 1002));
  EXPECT_THAT(told(), ElementsAre("teal-shop-api-r2-0 at 127.0.0.1:1002"));
  EXPECT_THAT(kept(), ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1002 drain"));
  const auto seen = run(balancer_->servers("shop")).value().front();
  EXPECT_FALSE(seen.check_passed) << "the last check was the other replica's";
  EXPECT_EQ(seen.slot, "teal-shop-api-r1-0");
  EXPECT_EQ(seen.errors, 0u);
}

TEST_F(HaproxySlots, ASlotIsReAddressedInMaintenanceBeforeItIsCheckedAgain) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  const auto before = runtime_.lines().size();
  ASSERT_TRUE(add("teal-shop-api-r2-0", 1002));
  auto lines = runtime_.lines();
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(before));
  std::erase_if(lines, [](const std::string& line) { return line.starts_with("show ") || line.starts_with("get "); });
  EXPECT_THAT(lines,
              ElementsAre("set server shop/teal-shop-api-r1-0 addr 127.0.0.1 port 1002",
                          "experimental-mode on;set var proc.teal.shop.teal_2dshop_2dapi_2dr1_2d0 fmt "
                          "teal-shop-api-r2-0/1000/0",
                          "set server shop/teal-shop-api-r1-0 weight 100%", "enable health shop/teal-shop-api-r1-0",
                          "set server shop/teal-shop-api-r1-0 state drain;"
                          "set server shop/teal-shop-api-r1-0 health down"));
}

TEST_F(HaproxySlots, SlotsAreAsManyAsWereEverNeededAtOnce) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(add("teal-shop-api-r1-1", 1002));
  for (int revision = 2; revision < 30; ++revision) {
    for (int index = 0; index < 2; ++index) {
      ASSERT_TRUE(add(fmt::format("teal-shop-api-r{}-{}", revision, index), 1000 + revision * 2 + index));
    }
    for (int index = 0; index < 2; ++index) {
      ASSERT_TRUE(remove(fmt::format("teal-shop-api-r{}-{}", revision - 1, index)));
    }
    EXPECT_THAT(told(), UnorderedElementsAre(
                            fmt::format("teal-shop-api-r{}-0 at 127.0.0.1:{}", revision, 1000 + revision * 2),
                            fmt::format("teal-shop-api-r{}-1 at 127.0.0.1:{}", revision, 1001 + revision * 2)));
  }
  EXPECT_EQ(model_.servers().size(), 4u);
}

TEST_F(HaproxySlots, TheReplicaOfBeforeGetsItsOwnSlotBack) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(add("teal-shop-api-r1-1", 1002));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  ASSERT_TRUE(remove("teal-shop-api-r1-1"));
  ASSERT_TRUE(add("teal-shop-api-r1-1", 1003));
  EXPECT_THAT(kept(),
              ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1001 maint", "teal-shop-api-r1-1 at 127.0.0.1:1003 drain"));
}

TEST_F(HaproxySlots, WhatIsStillInUseIsNotGivenAway) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  auto& old = model_.server("teal-shop-api-r1-0");
  old.sessions = 1;
  ASSERT_TRUE(add("teal-shop-api-r2-0", 1002));
  model_.server("teal-shop-api-r1-0").sessions = 0;
  model_.server("teal-shop-api-r1-0").connections = 1;  // a client's own, idle
  ASSERT_TRUE(add("teal-shop-api-r2-1", 1003));
  EXPECT_EQ(model_.servers().size(), 3u);
  EXPECT_EQ(model_.server("teal-shop-api-r1-0").address, "127.0.0.1:1001");
}

TEST_F(HaproxySlots, SessionsKeepAServerVisible) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  model_.server("teal-shop-api-r1-0").sessions = 1;
  const auto removed = remove("teal-shop-api-r1-0");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::conflict);
  EXPECT_THAT(told(), ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1001"));
}

TEST_F(HaproxySlots, AnotherCheckIntervalOrComponentNeedsASlotOfItsOwn) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  ASSERT_TRUE(add("teal-shop-api-r2-0", 1002, Duration{500}));
  ASSERT_TRUE(add("teal-cart-api-r1-0", 1003));
  ASSERT_TRUE(add("teal-shop-api-r1-1", 1004));
  EXPECT_THAT(kept(),
              ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1004 drain", "teal-shop-api-r2-0 at 127.0.0.1:1002 drain",
                          "teal-cart-api-r1-0 at 127.0.0.1:1003 drain"));
}

TEST_F(HaproxySlots, OthersServersAreNoSlots) {
  model_.servers().push_back({"static1", "10.0.0.1:80", "maint"});
  model_.servers().push_back({"teal-shop-api-r9-0", "10.0.0.2:80", "maint"});
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  EXPECT_THAT(kept(), ElementsAre("static1 at 10.0.0.1:80 maint", "teal-shop-api-r9-0 at 10.0.0.2:80 maint",
                                  "teal-shop-api-r1-0 at 127.0.0.1:1001 drain"));
  EXPECT_THAT(told(), ElementsAre("static1 at 10.0.0.1:80", "teal-shop-api-r9-0 at 10.0.0.2:80",
                                  "teal-shop-api-r1-0 at 127.0.0.1:1001"));
}

TEST_F(HaproxySlots, TwoThatComeAtOnceGetASlotEach) {
  for (int index = 0; index < 2; ++index) {
    ASSERT_TRUE(add(fmt::format("teal-shop-api-r1-{}", index), 1001 + index));
    ASSERT_TRUE(remove(fmt::format("teal-shop-api-r1-{}", index)));
  }
  int ended = 0;
  for (int index = 0; index < 2; ++index) {
    ports::ServerSpec spec;
    spec.name = fmt::format("teal-shop-api-r2-{}", index);
    spec.address = fmt::format("127.0.0.1:{}", 2000 + index);
    spec.health.timeout = Duration{1000};
    boost::asio::co_spawn(loop_, balancer_->attach("shop", std::move(spec)),
                          [&](std::exception_ptr, const Result<void>& added) { ended += added ? 1 : 0; });
  }
  for (int i = 0; i < 1000 && ended < 2; ++i) loop_.run_for(std::chrono::milliseconds{10});
  EXPECT_EQ(ended, 2);
  EXPECT_THAT(told(),
              UnorderedElementsAre("teal-shop-api-r2-0 at 127.0.0.1:2000", "teal-shop-api-r2-1 at 127.0.0.1:2001"));
  EXPECT_EQ(model_.servers().size(), 2u);
}

TEST_F(HaproxySlots, AFreeSlotThatSomebodyOpenedIsShownUntilItIsTakenOut) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  model_.server("teal-shop-api-r1-0").state = "ready";
  EXPECT_THAT(told(), ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1001"));
  ASSERT_TRUE(remove("teal-shop-api-r1-0", true));
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(kept(), ElementsAre("teal-shop-api-r1-0 at 127.0.0.1:1001 maint"));
}

TEST_F(HaproxySlots, AnAddressThatIsRefusedLeavesTheSlotFree) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  ASSERT_TRUE(remove("teal-shop-api-r1-0"));
  runtime_.answer([this](const std::string& line) {
    return line.find(" addr ") == std::string::npos ? model_.answer(line) : std::string{"Invalid addr '127.0.0.1'\n\n"};
  });
  const auto added = add("teal-shop-api-r2-0", 1002);
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message, HasSubstr("Invalid addr"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(HaproxySlots, WhoseASlotIsMustNotBeGuessed) {
  ASSERT_TRUE(add("teal-shop-api-r1-0", 1001));
  runtime_.answer([this](const std::string& line) {
    return line.starts_with("get var") ? std::string{"Permission denied\n\n"} : model_.answer(line);
  });
  EXPECT_EQ(run(balancer_->servers("shop")).error().code, ErrorCode::invalid);
  model_.variables().begin()->second = "nonsense";
  runtime_.answer([this](const std::string& line) { return model_.answer(line); });
  const auto servers = run(balancer_->servers("shop"));
  ASSERT_FALSE(servers);
  EXPECT_THAT(servers.error().message, HasSubstr("proc.teal.shop.teal_2dshop_2dapi_2dr1_2d0"));
}

TEST(HaproxySlotQuestions, FitIntoHaproxysLines) {
  std::vector<world::Server> servers(300);
  for (std::size_t i = 0; i < servers.size(); ++i) {
    servers[i].name = std::string(90, 'x') + fmt::format("-r{}-0", i);
  }
  const auto slots = haproxy::as_slots(std::move(servers));
  std::size_t asked = 0;
  for (const auto& line : haproxy::tenancy_questions("shop", slots)) {
    EXPECT_LT(line.size(), 16000u);
    asked += static_cast<std::size_t>(std::ranges::count(line, ';')) + 1;
  }
  EXPECT_EQ(asked, 300u);
}

}  // namespace
}  // namespace teal::test
