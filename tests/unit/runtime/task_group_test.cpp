#include "daemon/runtime/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <stdexcept>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

asio::awaitable<void> sleep_for(Duration duration, std::shared_ptr<int> ended) {
  asio::steady_timer timer{co_await asio::this_coro::executor, duration};
  co_await timer.async_wait(asio::use_awaitable);
  ++*ended;
}

asio::awaitable<void> fail_after(Duration duration) {
  asio::steady_timer timer{co_await asio::this_coro::executor, duration};
  co_await timer.async_wait(asio::use_awaitable);
  throw std::runtime_error("a bug");
}

// Keeps something until its frame is gone.
asio::awaitable<void> hold(std::shared_ptr<int> held) {
  asio::steady_timer timer{co_await asio::this_coro::executor, 1h};
  co_await timer.async_wait(asio::use_awaitable);
  ++*held;
}

asio::awaitable<bool> joined(runtime::TaskGroup& group) {
  co_await group.join();
  co_return true;
}

class Tasks : public testing::Test {
 protected:
  runtime::TaskGroup::OnFailure record() {
    return [this](const std::string& task, std::exception_ptr) { failures_.push_back(task); };
  }
  asio::io_context loop_;
  std::vector<std::string> failures_;
  std::shared_ptr<int> count_ = std::make_shared<int>(0);
};

TEST_F(Tasks, JoinWaitsForTheLastOne) {
  runtime::TaskGroup group{loop_.get_executor(), record()};
  group.spawn("short", sleep_for(1ms, count_));
  group.spawn("long", sleep_for(20ms, count_));
  EXPECT_EQ(group.size(), 2u);
  EXPECT_TRUE(await(loop_, joined(group)));
  EXPECT_EQ(*count_, 2);
  EXPECT_EQ(group.size(), 0u);
  EXPECT_TRUE(await(loop_, joined(group)));
}

TEST_F(Tasks, CancellationEndsTasksQuietly) {
  runtime::TaskGroup group{loop_.get_executor(), record()};
  group.spawn("a", hold(count_));
  group.spawn("b", hold(count_));
  loop_.run_for(5ms);
  group.cancel();
  EXPECT_TRUE(await(loop_, joined(group)));
  EXPECT_EQ(*count_, 0);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(Tasks, CancellationReachesTasksThatHaveNotBegunOrComeLate) {
  runtime::TaskGroup group{loop_.get_executor(), record()};
  group.spawn("just spawned", hold(count_));
  group.cancel();
  EXPECT_TRUE(await(loop_, joined(group)));
  group.spawn("late", hold(count_));
  EXPECT_TRUE(await(loop_, joined(group)));
  EXPECT_EQ(*count_, 0);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(Tasks, AnExceptionIsReportedWithTheTasksName) {
  runtime::TaskGroup group{loop_.get_executor(), record()};
  group.spawn("good", sleep_for(1ms, count_));
  group.spawn("bad", fail_after(1ms));
  EXPECT_TRUE(await(loop_, joined(group)));
  EXPECT_EQ(failures_, std::vector<std::string>{"bad"});
  EXPECT_EQ(*count_, 1);
}

TEST_F(Tasks, DestructionCancelsWhatIsLeft) {
  {
    runtime::TaskGroup group{loop_.get_executor(), record()};
    group.spawn("left", hold(count_));
    loop_.run_for(5ms);
    EXPECT_EQ(count_.use_count(), 2);
  }
  loop_.restart();
  loop_.run_for(20ms);
  EXPECT_EQ(count_.use_count(), 1);
  EXPECT_TRUE(failures_.empty());
}

TEST_F(Tasks, AGroupMayOutliveItsLoopsLastRun) {
  auto group = std::make_unique<runtime::TaskGroup>(loop_.get_executor(), record());
  group->spawn("never run", hold(count_));
  group.reset();
  EXPECT_TRUE(failures_.empty());
}

}  // namespace
}  // namespace teal::test
