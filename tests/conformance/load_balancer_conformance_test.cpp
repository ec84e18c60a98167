// What every load balancer promises (controllers/ports/load_balancer.hpp), asked of the fake and of a real HAProxy.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "tests/conformance/load_balancer_rigs.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

enum class Kind { Fake, FakeThatSeesOldProcesses, Haproxy, HaproxyWithMaster, Managed, ManagedWithMaster, StandIn };

class LoadBalancerContract : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    const bool is_fake = GetParam() == Kind::Fake || GetParam() == Kind::FakeThatSeesOldProcesses;
    const bool sees = GetParam() == Kind::FakeThatSeesOldProcesses || GetParam() == Kind::HaproxyWithMaster;
    if (GetParam() == Kind::Managed || GetParam() == Kind::ManagedWithMaster) {
      rig_ = make_edge_rig(GetParam() == Kind::ManagedWithMaster);
      return;
    }
    if (GetParam() == Kind::StandIn) {
      rig_ = make_haproxy_stand_in_rig();
      return;
    }
    rig_ = is_fake ? make_fake_balancer_rig(sees) : make_haproxy_rig(sees);
  }

  ports::LoadBalancer& balancer() { return rig_->balancer(); }
  std::string backend() { return rig_->backend(); }

  Result<void> add(const std::string& name, const std::string& address) {
    ports::ServerSpec spec;
    spec.name = name;
    spec.address = address;
    return rig_->run(balancer().attach(backend(), spec));
  }
  Result<void> ready(const std::string& name) { return rig_->run(balancer().admit(backend(), name)); }
  Result<void> drain(const std::string& name) { return rig_->run(balancer().drain(backend(), name)); }
  Result<void> remove(const std::string& name, bool cut = false) {
    return rig_->run(balancer().detach(backend(), name, cut));
  }
  std::vector<world::Server> servers() {
    const auto servers = rig_->run(balancer().servers(backend()));
    EXPECT_TRUE(servers) << servers.error().message;
    return servers ? *servers : std::vector<world::Server>{};
  }
  std::optional<world::Server> find(const std::string& name) {
    for (auto& server : servers()) {
      if (server.name == name) return server;
    }
    return std::nullopt;
  }
  world::Server seen(const std::string& name) {
    const auto server = find(name);
    EXPECT_TRUE(server) << name << " is not listed";
    return server.value_or(world::Server{});
  }
  bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 500; ++i) {
      if (reached()) return true;
      rig_->pass();
    }
    return false;
  }
  static std::string replica(int revision) { return fmt::format("teal-shop-api-r{}-0", revision); }
  void serve(const std::string& name, int index) {
    const auto added = add(name, rig_->well(index));
    ASSERT_TRUE(added) << added.error().message;
    ASSERT_TRUE(until([&] { return seen(name).check_passed; })) << seen(name).check;
    ASSERT_TRUE(ready(name));
    ASSERT_TRUE(until([&] { return seen(name).up; })) << seen(name).check;
  }

  std::unique_ptr<LoadBalancerRig> rig_;
};

// What asks for no request and no reload, and so of the stand-in as well.
class LoadBalancerStates : public LoadBalancerContract {};

TEST_P(LoadBalancerStates, ANewServerTakesNoTrafficUntilItIsReady) {
  ASSERT_TRUE(add("a", rig_->well(0)));
  EXPECT_EQ(seen("a").intake, world::Intake::Draining);
  EXPECT_EQ(seen("a").address, rig_->well(0));
  EXPECT_EQ(seen("a").sessions, 0);
  ASSERT_TRUE(until([&] { return seen("a").check_passed; })) << seen("a").check;
  EXPECT_EQ(seen("a").intake, world::Intake::Draining);
  EXPECT_FALSE(seen("a").up);
  ASSERT_TRUE(ready("a"));
  EXPECT_EQ(seen("a").intake, world::Intake::Open);
  EXPECT_TRUE(seen("a").up);
}

TEST_P(LoadBalancerStates, ASickServerDoesNotPassItsCheck) {
  ASSERT_TRUE(add("a", rig_->sick()));
  for (int i = 0; i < 40; ++i) {
    EXPECT_FALSE(seen("a").check_passed);
    EXPECT_FALSE(seen("a").up);
    rig_->pass();
  }
  EXPECT_FALSE(seen("a").check.empty());
}

TEST_P(LoadBalancerStates, ATakenNameIsAConflictAndKeepsItsServer) {
  serve("a", 0);
  const auto again = add("a", rig_->well(1));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(seen("a").address, rig_->well(0));
  EXPECT_TRUE(seen("a").up) << "still in traffic";
}

TEST_P(LoadBalancerStates, StatesMayBeSetTwice) {
  serve("a", 0);
  EXPECT_TRUE(ready("a"));
  EXPECT_TRUE(seen("a").up);
  EXPECT_TRUE(drain("a"));
  EXPECT_TRUE(drain("a"));
  EXPECT_EQ(seen("a").intake, world::Intake::Draining);
  EXPECT_FALSE(seen("a").up);
  EXPECT_TRUE(ready("a"));
  EXPECT_TRUE(until([&] { return seen("a").up; }));
}

TEST_P(LoadBalancerContract, ADrainedServerFinishesItsRequest) {
  serve("a", 0);
  const auto before = seen("a").requests;
  rig_->begin_request();
  EXPECT_EQ(seen("a").sessions, 1);
  EXPECT_EQ(seen("a").requests.value_or(1), before.value_or(0) + 1) << "one that counts requests counts this one";
  serve("b", 1);
  ASSERT_TRUE(drain("a"));
  EXPECT_FALSE(seen("a").up);
  EXPECT_EQ(seen("a").sessions, 1);
  rig_->finish_request();
  EXPECT_TRUE(rig_->request_succeeded());
  EXPECT_TRUE(until([&] { return seen("a").sessions == 0; }));
  EXPECT_TRUE(remove("a"));
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(seen("b").up);
}

TEST_P(LoadBalancerContract, ServersWithSessionsStayUntilTheyAreCut) {
  serve("a", 0);
  rig_->begin_request();
  ASSERT_TRUE(drain("a"));
  const auto removed = remove("a");
  ASSERT_FALSE(removed);
  EXPECT_EQ(removed.error().code, ErrorCode::conflict);
  EXPECT_EQ(seen("a").sessions, 1);
  EXPECT_EQ(seen("a").intake, world::Intake::Closed);
  EXPECT_TRUE(remove("a", true));
  EXPECT_FALSE(find("a"));
  rig_->stop_replicas();
  EXPECT_FALSE(rig_->request_succeeded());
}

TEST_P(LoadBalancerStates, UpgradesLeaveNoMoreServersThanWereEverNeededAtOnce) {
  serve("teal-shop-api-r1-0", 0);
  const auto before = rig_->entries();
  for (int revision = 2; revision < 12; ++revision) {
    SCOPED_TRACE(revision);
    serve(replica(revision), revision % 3);
    ASSERT_TRUE(remove(replica(revision - 1)));
    EXPECT_FALSE(find(replica(revision - 1)));
    EXPECT_EQ(seen(replica(revision)).address, rig_->well(revision % 3));
    EXPECT_TRUE(seen(replica(revision)).up);
    EXPECT_EQ(seen(replica(revision)).errors, 0u);
    EXPECT_EQ(servers().size(), 1u);
  }
  EXPECT_LE(rig_->entries(), before + 1);
}

TEST_P(LoadBalancerStates, ASickReplicaInTheOldPlaceOfAHealthyOneDoesNotPassItsCheck) {
  serve(replica(1), 0);
  ASSERT_TRUE(remove(replica(1)));
  ASSERT_TRUE(add(replica(2), rig_->sick()));
  for (int i = 0; i < 40; ++i) {
    EXPECT_FALSE(seen(replica(2)).check_passed) << seen(replica(2)).check;
    rig_->pass();
  }
  ASSERT_TRUE(remove(replica(2), true));
  serve(replica(3), 1);
}

TEST_P(LoadBalancerContract, ANewReplicaNeverGetsAPlaceThatStillHasSessions) {
  serve(replica(1), 0);
  rig_->begin_request();
  ASSERT_TRUE(drain(replica(1)));
  const auto removed = remove(replica(1));
  ASSERT_FALSE(removed);
  serve(replica(2), 1);
  EXPECT_EQ(seen(replica(1)).address, rig_->well(0));
  rig_->finish_request();
  EXPECT_TRUE(rig_->request_succeeded());
  ASSERT_TRUE(until([&] { return seen(replica(1)).sessions == 0; }));
  ASSERT_TRUE(remove(replica(1)));
  rig_->begin_request();
  rig_->finish_request();
  EXPECT_TRUE(rig_->request_succeeded());
}

TEST_P(LoadBalancerStates, AReplicaThatComesBackElsewhereIsServedThere) {
  serve(replica(1), 0);
  serve(replica(2), 1);
  for (int index : {2, 0, 1}) {
    ASSERT_TRUE(remove(replica(1), true));
    serve(replica(1), index);
    EXPECT_EQ(seen(replica(1)).address, rig_->well(index));
    EXPECT_EQ(seen(replica(2)).address, rig_->well(1));
    EXPECT_EQ(servers().size(), 2u);
  }
}

TEST_P(LoadBalancerStates, AnotherTealdSeesAndChangesTheSame) {
  serve(replica(1), 0);
  ASSERT_TRUE(remove(replica(1)));
  serve(replica(2), 1);
  serve(replica(3), 2);
  auto& other = rig_->of_another_teald();
  EXPECT_EQ(rig_->run(other.servers(backend())).value(), servers());
  EXPECT_TRUE(rig_->run(other.drain(backend(), replica(2))));
  EXPECT_EQ(seen(replica(2)).intake, world::Intake::Draining);
  EXPECT_TRUE(seen(replica(3)).up);
  EXPECT_TRUE(rig_->run(other.detach(backend(), replica(2), false)));
  EXPECT_FALSE(find(replica(2)));
  EXPECT_TRUE(seen(replica(3)).up);
}

TEST_P(LoadBalancerStates, ANameOfBeforeCanBeUsedWhileAnotherHasItsPlace) {
  serve(replica(1), 0);
  ASSERT_TRUE(remove(replica(1)));
  serve(replica(2), 1);
  serve(replica(1), 2);
  EXPECT_EQ(seen(replica(1)).address, rig_->well(2));
  EXPECT_EQ(seen(replica(2)).address, rig_->well(1));
  ASSERT_TRUE(remove(replica(2)));
  EXPECT_TRUE(seen(replica(1)).up);
  EXPECT_EQ(servers().size(), 1u);
}

TEST_P(LoadBalancerContract, ARefusedRemovalLeavesTheRequestAlone) {
  serve("a", 0);
  rig_->begin_request();
  ASSERT_FALSE(remove("a"));
  rig_->finish_request();
  EXPECT_TRUE(rig_->request_succeeded());
  EXPECT_TRUE(until([&] { return seen("a").sessions == 0; }));
  EXPECT_TRUE(remove("a"));
}

TEST_P(LoadBalancerStates, RemovalMayBeRepeated) {
  serve("a", 0);
  EXPECT_TRUE(remove("a"));
  EXPECT_TRUE(remove("a"));
  EXPECT_TRUE(remove("never-there", true));
  EXPECT_THAT(servers(), IsEmpty());
}

TEST_P(LoadBalancerStates, ARemovedNameCanBeUsedAgain) {
  serve("a", 0);
  ASSERT_TRUE(remove("a"));
  serve("a", 1);
  EXPECT_EQ(seen("a").address, rig_->well(1));
}

TEST_P(LoadBalancerContract, AReloadForgetsWhatWasAddedAtRunTimeUnlessTealKeepsTheConfiguration) {
  serve("a", 0);
  ASSERT_TRUE(add("b", rig_->well(1)));
  rig_->reload();
  if (rig_->keeps_servers()) {
    EXPECT_TRUE(seen("a").up) << seen("a").check;
    EXPECT_EQ(seen("b").intake, world::Intake::Draining);
    return;
  }
  EXPECT_THAT(servers(), IsEmpty());
  EXPECT_EQ(ready("a").error().code, ErrorCode::not_found);
  serve("a", 0);
}

// Two reloads: the request is in the oldest of three processes.
TEST_P(LoadBalancerContract, WhatAReplacedProcessHasUnderWayIsCountedOrSaidNotToBe) {
  serve("a", 0);
  rig_->begin_request();
  rig_->reload();
  for (int i = 0; i < 100; ++i) rig_->pass();  // a master that still reloads takes no second order
  rig_->reload();
  EXPECT_EQ(servers().empty(), !rig_->keeps_servers());
  const auto leftover = balancer().leftover(backend());
  if (!rig_->sees_old_processes()) {
    EXPECT_THAT(leftover.sessions, IsEmpty());
    EXPECT_TRUE(leftover.uncounted_before);
    EXPECT_FALSE(leftover.why.empty());
    rig_->finish_request();
    EXPECT_TRUE(rig_->request_succeeded());
    return;
  }
  if (rig_->keeps_servers()) {
    // An open connection counts for each server that it may yet bring a request to.
    EXPECT_TRUE(until([&] { return seen("a").sessions >= 1; })) << "with what the oldest process has";
    rig_->finish_request();
    EXPECT_TRUE(rig_->request_succeeded());
    EXPECT_TRUE(until([&] { return seen("a").sessions == 0; }));
    return;
  }
  // A master that reloads is not there for a moment; then nobody counts.
  EXPECT_TRUE(until([&] { return servers().empty() && !balancer().leftover(backend()).uncounted_before; }))
      << balancer().leftover(backend()).why;
  EXPECT_THAT(balancer().leftover(backend()).sessions, testing::ElementsAre(testing::Pair("a", 1)));
  serve("a", 0);
  EXPECT_TRUE(until([&] { return seen("a").sessions == 1; })) << "its server is there again, with what it had";
  EXPECT_THAT(balancer().leftover(backend()).sessions, IsEmpty());
  rig_->finish_request();
  EXPECT_TRUE(rig_->request_succeeded());
  EXPECT_TRUE(until([&] { return seen("a").sessions == 0; }));
}

TEST_P(LoadBalancerStates, AnUnknownBackendIsNotFound) {
  ports::ServerSpec spec;
  spec.name = "a";
  spec.address = rig_->well(0);
  if (rig_->keeps_servers()) {
    EXPECT_THAT(rig_->run(balancer().servers("nobodys")).value(), IsEmpty()) << "it is made for whoever claims it";
  } else {
    EXPECT_EQ(rig_->run(balancer().servers("nobodys")).error().code, ErrorCode::not_found);
  }
  EXPECT_EQ(rig_->run(balancer().attach("nobodys", spec)).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(balancer().admit("nobodys", "a")).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(balancer().drain("nobodys", "a")).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(balancer().detach("nobodys", "a", true)).error().code, ErrorCode::not_found);
}

TEST_P(LoadBalancerStates, AnUnknownServerIsNotFound) {
  EXPECT_EQ(ready("a").error().code, ErrorCode::not_found);
  EXPECT_EQ(drain("a").error().code, ErrorCode::not_found);
}

TEST_P(LoadBalancerStates, NamesThatCarryCommandsAreRefused) {
  serve("a", 0);
  const auto hostile = "x;shutdown sessions server " + backend() + "/a;set server " + backend() + "/a state maint";
  for (const auto& name : {hostile, std::string{"x y"}, std::string{"x\nshow info"}, std::string{}}) {
    EXPECT_EQ(add(name, rig_->well(1)).error().code, ErrorCode::invalid);
    EXPECT_EQ(ready(name).error().code, ErrorCode::invalid);
    EXPECT_EQ(drain(name).error().code, ErrorCode::invalid);
    EXPECT_EQ(remove(name).error().code, ErrorCode::invalid);
    EXPECT_EQ(rig_->run(balancer().servers(name)).error().code, ErrorCode::invalid);
    EXPECT_EQ(add("b", "127.0.0.1:80 " + name).error().code, ErrorCode::invalid);
  }
  EXPECT_EQ(servers().size(), 1u);
  EXPECT_TRUE(seen("a").up);
}

TEST_P(LoadBalancerStates, NobodyThereIsUnavailableInBoundedTime) {
  const auto begun = std::chrono::steady_clock::now();
  auto& dead = rig_->dead();
  ports::ServerSpec spec;
  spec.name = "a";
  spec.address = rig_->well(0);
  EXPECT_EQ(rig_->run(dead.servers(backend())).error().code, ErrorCode::unavailable);
  EXPECT_EQ(rig_->run(dead.attach(backend(), spec)).error().code, ErrorCode::unavailable);
  EXPECT_EQ(rig_->run(dead.admit(backend(), "a")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(rig_->run(dead.drain(backend(), "a")).error().code, ErrorCode::unavailable);
  EXPECT_EQ(rig_->run(dead.detach(backend(), "a", true)).error().code, ErrorCode::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 15s);
}

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  switch (kind.param) {
    case Kind::Fake:
      return "Fake";
    case Kind::FakeThatSeesOldProcesses:
      return "FakeThatSeesOldProcesses";
    case Kind::Haproxy:
      return "Haproxy";
    case Kind::HaproxyWithMaster:
      return "HaproxyWithMaster";
    case Kind::Managed:
      return "Managed";
    case Kind::ManagedWithMaster:
      return "ManagedWithMaster";
    case Kind::StandIn:
      return "StandIn";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(All, LoadBalancerContract,
                         testing::Values(Kind::Fake, Kind::FakeThatSeesOldProcesses, Kind::Haproxy,
                                         Kind::HaproxyWithMaster, Kind::Managed, Kind::ManagedWithMaster),
                         name_of);
INSTANTIATE_TEST_SUITE_P(All, LoadBalancerStates,
                         testing::Values(Kind::Fake, Kind::FakeThatSeesOldProcesses, Kind::Haproxy,
                                         Kind::HaproxyWithMaster, Kind::Managed, Kind::ManagedWithMaster,
                                         Kind::StandIn),
                         name_of);

class StopHaproxy : public testing::Environment {
 public:
  void TearDown() override { stop_haproxy(); }
};

const auto* const environment = testing::AddGlobalTestEnvironment(new StopHaproxy);

}  // namespace
}  // namespace teal::test
