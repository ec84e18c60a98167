// Which version of its API the engine is spoken to in.
#include "daemon/drivers/engines/docker/api.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/value.hpp>

#include "daemon/drivers/engines/docker/docker_events.hpp"
#include "daemon/runtime/task_group.hpp"
#include "tests/support/await.hpp"
#include "tests/support/scripted_server.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view too_old =
    "client version 1.{} is too old. Minimum supported API version is 1.{}, please upgrade your client";

class DockerApi : public testing::Test {
 protected:
  void pings(std::string_view headers) {
    server_.script({{fmt::format("HTTP/1.1 200 OK\r\n{}Content-Length: 2\r\n\r\nOK", headers)}});
  }
  void refuses(const std::string& words) {
    const auto body = fmt::format(R"({{"message":"{}"}})", words);
    server_.script({{fmt::format("HTTP/1.1 400 X\r\nContent-Length: {}\r\n\r\n{}", body.size(), body)}});
  }
  Result<boost::json::value> get() { return await(loop_, api_.get("info", "/info")); }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  docker::Api api_{loop_.get_executor(), server_.endpoint(), nullptr};
};

TEST_F(DockerApi, SpeaksTheNewestVersionThatBothKnow) {
  const auto spoken = [&](std::string_view headers) {
    docker::Api api{loop_.get_executor(), server_.endpoint(), nullptr};
    pings(headers);
    server_.script({{ok("{}")}});
    EXPECT_TRUE(await(loop_, api.get("info", "/info")));
    const auto& line = server_.requests().back();
    return line.substr(0, line.find(" HTTP"));
  };
  EXPECT_EQ(spoken("Api-Version: 1.41\r\n"), "GET /v1.41/info");
  EXPECT_EQ(spoken("API-Version: 1.44\r\n"), "GET /v1.44/info");
  EXPECT_EQ(spoken("Api-Version: 1.52\r\n"), "GET /v1.52/info");
  EXPECT_EQ(spoken("Api-Version: 1.99\r\n"), "GET /v1.52/info");
  EXPECT_EQ(spoken(""), "GET /v1.41/info") << "an engine that does not say";
  EXPECT_EQ(spoken("Api-Version: x\r\n"), "GET /v1.41/info");
}

TEST_F(DockerApi, AsksForTheVersionOnce) {
  pings("Api-Version: 1.44\r\n");
  for (int i = 0; i < 3; ++i) {
    server_.script({{ok("{}")}});
    EXPECT_TRUE(get());
  }
  EXPECT_EQ(server_.requests().size(), 4U);
  EXPECT_THAT(server_.requests()[0], StartsWith("GET /_ping HTTP"));
}

TEST_F(DockerApi, AnEngineThatWasReplacedIsAskedAgain) {
  pings("Api-Version: 1.41\r\n");
  server_.script({{ok("{}")}});
  ASSERT_TRUE(get());
  refuses(fmt::format(fmt::runtime(too_old), 41, 44));
  pings("Api-Version: 1.52\r\n");
  server_.script({{ok("{}")}});
  const auto got = get();
  ASSERT_TRUE(got) << got.error().message;
  EXPECT_THAT(server_.requests().back(), StartsWith("GET /v1.52/info "));
  refuses("client version 1.52 is too new. Maximum supported API version is 1.44");
  pings("Api-Version: 1.44\r\n");
  server_.script({{ok("{}")}});
  ASSERT_TRUE(get());
  EXPECT_THAT(server_.requests().back(), StartsWith("GET /v1.44/info "));
}

TEST_F(DockerApi, AnEngineThatKnowsNoneOfOurVersionsIsAnErrorThatSaysThem) {
  for (int i = 0; i < 2; ++i) {
    pings("Api-Version: 1.99\r\n");
    refuses(fmt::format(fmt::runtime(too_old), 52, 60));
  }
  const auto newer = get();
  ASSERT_FALSE(newer);
  EXPECT_EQ(newer.error().code, ErrorCode::unavailable) << "it condemns no image";
  EXPECT_THAT(
      newer.error().message,
      AllOf(StartsWith("the engine refuses version 1.52 of its API (teald speaks 1.41 to 1.52): client version"),
            HasSubstr("Minimum supported API version is 1.60")));
  pings("Api-Version: 1.40\r\n");
  const auto older = get();
  ASSERT_FALSE(older);
  EXPECT_EQ(older.error().code, ErrorCode::unavailable);
  EXPECT_THAT(older.error().message, AllOf(HasSubstr("1.40"), HasSubstr("1.41 to 1.52")));
}

TEST_F(DockerApi, AnotherRefusalIsNotTakenForOneOfTheVersion) {
  pings("Api-Version: 1.44\r\n");
  refuses("invalid reference format");
  EXPECT_EQ(get().error().code, ErrorCode::invalid);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(DockerApi, ARefusedEventStreamSaysTheVersionsToo) {
  pings("Api-Version: 1.99\r\n");
  refuses(fmt::format(fmt::runtime(too_old), 52, 60));
  std::string why;
  runtime::TaskGroup group{loop_.get_executor(),
                           [](const std::string& task, std::exception_ptr) { ADD_FAILURE() << task; }};
  docker::DockerWatch watch;
  watch.endpoint = server_.endpoint();
  watch.on_change = [](const std::string&) {};
  watch.on_state = [&](bool up, const std::string& reason) { why = up ? "up" : reason; };
  group.spawn("events", docker::watch_docker_events(watch));
  for (int i = 0; i < 300 && why.empty(); ++i) {
    loop_.restart();
    loop_.run_for(10ms);
  }
  EXPECT_THAT(why, StartsWith("the engine refuses version 1.52 of its API (teald speaks 1.41 to 1.52): "));
  group.cancel();
  loop_.restart();
  loop_.run_for(50ms);
}

}  // namespace
}  // namespace teal::test
