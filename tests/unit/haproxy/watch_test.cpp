// Noticing that HAProxy is another process than before.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/runtime/task_group.hpp"
#include "tests/unit/haproxy/scripted_runtime.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class WatchHaproxy : public testing::Test {
 protected:
  WatchHaproxy() {
    runtime_.answer([this](const std::string&) {
      return fmt::format("Name: HAProxy\nVersion: {}\nPid: {}\nUptime_sec: 1\nStart_time_sec: {}\nTasks: 9\n\n",
                         version_, pid_, start_);
    });
    haproxy::HaproxyWatch watch;
    watch.socket_path = runtime_.path();
    watch.on_change = [this] { ++changes_; };
    watch.on_state = [this](bool up, const std::string& why) {
      said_ = why;
      states_.push_back(up ? "up" : "down: " + why);
    };
    tasks_.spawn("watch", haproxy::watch_haproxy(std::move(watch)));
  }

  bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 1000 && !reached(); ++i) loop_.run_for(10ms);
    return reached();
  }
  // Long enough for several questions.
  void let_it_ask() {
    const auto asked = runtime_.lines().size();
    EXPECT_TRUE(until([&] { return runtime_.lines().size() >= asked + 3; }));
  }

  boost::asio::io_context loop_;
  ScriptedRuntime runtime_{loop_};
  int pid_ = 100;
  int start_ = 1000;
  std::string version_ = "2.6.12-1+deb12u4";
  std::string said_;
  int changes_ = 0;
  std::vector<std::string> states_;
  std::vector<std::string> failures_;
  runtime::TaskGroup tasks_{loop_.get_executor(),
                            [this](const std::string& task, std::exception_ptr) { failures_.push_back(task); }};
};

TEST_F(WatchHaproxy, ASteadyProcessIsReportedOnce) {
  let_it_ask();
  EXPECT_EQ(changes_, 1);
  EXPECT_THAT(states_, ElementsAre("up"));
}

TEST_F(WatchHaproxy, SaysWhichHaproxyItMet) {
  let_it_ask();
  EXPECT_THAT(said_, HasSubstr("HAProxy 2.6.12"));
  version_ = "3.2.26";
  pid_ = 101;
  EXPECT_TRUE(until([&] { return states_.size() == 2; })) << "restarted as another release";
  EXPECT_THAT(said_, HasSubstr("HAProxy 3.2.26"));
}

TEST_F(WatchHaproxy, AReloadIsAChangeWithoutAnOutage) {
  let_it_ask();
  pid_ = 101;
  EXPECT_TRUE(until([&] { return changes_ == 2; }));
  let_it_ask();
  EXPECT_EQ(changes_, 2);
  EXPECT_THAT(states_, ElementsAre("up"));
}

TEST_F(WatchHaproxy, ARestartUnderTheSameProcessIdIsAChange) {
  let_it_ask();
  start_ += 60;
  EXPECT_TRUE(until([&] { return changes_ == 2; }));
}

TEST_F(WatchHaproxy, AnOutageIsSaidOnceWithItsReason) {
  let_it_ask();
  runtime_.stop();
  ASSERT_TRUE(until([&] { return states_.size() == 2; }));
  EXPECT_THAT(states_[1], HasSubstr(runtime_.path()));
  loop_.run_for(350ms);
  EXPECT_EQ(states_.size(), 2u);
  EXPECT_EQ(changes_, 2);
}

TEST_F(WatchHaproxy, SomethingElseOnTheSocketIsNotHaproxy) {
  let_it_ask();
  runtime_.answer([](const std::string&) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; });
  ASSERT_TRUE(until([&] { return states_.size() == 2; }));
  EXPECT_THAT(states_[1], HasSubstr("no HAProxy answers"));
}

TEST_F(WatchHaproxy, ItsEndIsQuiet) {
  let_it_ask();
  tasks_.cancel();
  ASSERT_TRUE(until([&] { return tasks_.size() == 0; }));
  EXPECT_THAT(failures_, IsEmpty());
  EXPECT_THAT(states_, ElementsAre("up"));
}

}  // namespace
}  // namespace teal::test
