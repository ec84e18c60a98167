#include "daemon/loop_watch.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <string>
#include <thread>

namespace teal::test {
namespace {

using namespace std::chrono_literals;

double sum(const runtime::Metrics& metrics) {
  const auto all = metrics.expose();
  const std::string series = "\nteal_loop_blocked_seconds_sum ";
  const auto at = all.find(series);
  return at == std::string::npos ? -1 : std::stod(all.substr(at + series.size()));
}

TEST(LoopWatch, SeesWorkThatKeepsOthersWaiting) {
  boost::asio::io_context loop;
  runtime::Metrics metrics;
  boost::asio::co_spawn(loop, daemon::watch_loop(metrics), boost::asio::detached);
  loop.poll();  // it waits for its first moment
  boost::asio::post(loop, [] { std::this_thread::sleep_for(600ms); });
  loop.run_for(1s);
  EXPECT_GE(sum(metrics), 0.4);
}

}  // namespace
}  // namespace teal::test
