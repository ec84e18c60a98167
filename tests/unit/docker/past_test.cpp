// After a start the engine is asked what it remembers of the containers of many applications.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/drivers/engines/docker/inventory.hpp"
#include "tests/support/handler_server.hpp"

namespace teal::test {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr int applications = 50;

std::string labels_of(int number) {
  return fmt::format(
      R"({{"teal.owner":"o","teal.application":"app{}","teal.component":"api","teal.role":"serve","teal.revision":"1","teal.index":"0"}})",
      number);
}

std::string entry(int number) {
  return fmt::format(
      R"({{"Id":"c{0}","Names":["/teal-app{0}-api-r1-0"],"ImageID":"i","Created":1767225600,"State":"running","Labels":{1}}})",
      number, labels_of(number));
}

std::string inspected(int number) {
  return fmt::format(
      R"({{"Id":"c{0}","Name":"/teal-app{0}-api-r1-0","Image":"i","State":{{"Status":"running","ExitCode":0,"StartedAt":"2026-01-01T00:00:00Z"}},"Config":{{"Labels":{1}}}}})",
      number, labels_of(number));
}

// An engine with one running container of each application, of which the last was sent a signal by somebody.
struct ManyRunning {
  int looks_back = 0;

  Said answer(const Asked& asked) {
    const auto has = [&](const char* part) { return asked.target.find(part) != std::string::npos; };
    Said said;
    said.body = "{}";
    if (has("_ping")) said.headers["Api-Version"] = "1.44";
    if (has("/containers/json")) {
      said.body = "[";
      for (int i = 0; i < applications && !has("teal.look"); ++i) said.body += (i == 0 ? "" : ",") + entry(i);
      said.body += "]";
    } else if (has("/containers/c")) {
      said.body = inspected(std::atoi(asked.target.c_str() + asked.target.find("/containers/c") + 13));
    } else if (has("/events")) {
      ++looks_back;
      said.body = fmt::format(
          R"({{"Action":"kill","Actor":{{"ID":"c{}","Attributes":{{"signal":"15"}}}},"timeNano":1767225601000000000}})"
          "\n",
          applications - 1);
    }
    return said;
  }
};

asio::awaitable<Said> answered(ManyRunning& many, Asked asked) { co_return many.answer(asked); }

asio::awaitable<void> look(ports::Engine& engine, int number, std::vector<std::vector<world::Container>>& seen) {
  const auto kept = co_await engine.kept(fmt::format("app{}", number));
  EXPECT_TRUE(kept) << kept.error().message;
  if (kept) seen.push_back(*kept);
}

TEST(ThePast, OfAllApplicationsIsAskedForTogether) {
  asio::io_context loop;
  ManyRunning many;
  HandlerServer server{loop, [&many](Asked asked) { return answered(many, std::move(asked)); }};
  docker::DockerOptions options;
  options.endpoint = http::parse_endpoint(server.url()).value();
  options.owner = "o";
  options.inventory = std::make_shared<docker::Inventory>("o");
  options.inventory->follow(docker::Inventory::Followed::Yes);
  const auto engine = docker::make_docker_engine(loop.get_executor(), options);
  std::vector<std::vector<world::Container>> seen;
  for (int i = 0; i < applications; ++i) asio::co_spawn(loop, look(*engine, i, seen), asio::detached);
  const auto end = std::chrono::steady_clock::now() + 1min;
  while (seen.size() < applications && std::chrono::steady_clock::now() < end) loop.run_for(10ms);
  ASSERT_EQ(seen.size(), std::size_t{applications});
  EXPECT_LT(many.looks_back, applications / 2);
  int signalled = 0;
  for (const auto& one : seen) {
    ASSERT_EQ(one.size(), 1U);
    EXPECT_EQ(one[0].state, world::ContainerState::Running);
    signalled += one[0].signalled_at ? 1 : 0;
  }
  EXPECT_EQ(signalled, 1);
}

}  // namespace
}  // namespace teal::test
