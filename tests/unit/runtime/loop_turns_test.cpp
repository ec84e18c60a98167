#include "daemon/runtime/loop_turns.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <string>
#include <vector>

namespace teal::test {
namespace {

namespace asio = boost::asio;

asio::awaitable<void> work(runtime::LoopTurns& turns, std::string& told) {
  co_await turns.take();
  told += 'w';
}

// Others need several steps, as a request does.
asio::awaitable<void> serve(int steps, std::string& told) {
  for (int i = 0; i < steps; ++i) co_await asio::post(asio::use_awaitable);
  told += '!';
}

TEST(LoopTurns, OthersAreServedBetweenTwoTurns) {
  asio::io_context loop;
  runtime::LoopTurns turns{loop.get_executor()};
  std::string told;
  for (int i = 0; i < 100; ++i) asio::co_spawn(loop, work(turns, told), asio::detached);
  loop.poll_one();  // until the first one waits
  asio::co_spawn(loop, serve(5, told), asio::detached);
  loop.run();
  ASSERT_EQ(told.size(), 101U);
  EXPECT_LT(told.find('!'), 10U) << told;
}

TEST(LoopTurns, ComeInOrder) {
  asio::io_context loop;
  runtime::LoopTurns turns{loop.get_executor()};
  std::vector<int> order;
  const auto take = [](runtime::LoopTurns& all, std::vector<int>& its_order, int nth) -> asio::awaitable<void> {
    co_await all.take();
    its_order.push_back(nth);
    co_await all.take();
    its_order.push_back(nth + 10);
  };
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop, take(turns, order, i), asio::detached);
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 10, 11, 12}));
}

TEST(LoopTurns, ThoseWhoWaitWhenItGoesAreNeverResumed) {
  asio::io_context loop;
  auto turns = std::make_unique<runtime::LoopTurns>(loop.get_executor());
  std::string told;
  for (int i = 0; i < 3; ++i) asio::co_spawn(loop, work(*turns, told), asio::detached);
  while (told.empty()) loop.poll_one();
  turns.reset();
  loop.run();
  EXPECT_EQ(told, "w");
}

}  // namespace
}  // namespace teal::test
