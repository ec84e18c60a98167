// Pulling: as whom, how far, and what is said when it fails.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/drivers/engines/docker/pull_stream.hpp"
#include "tests/support/await.hpp"
#include "tests/support/scripted_server.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class TestRegistry final : public ports::Registry {
 public:
  boost::asio::awaitable<Result<ports::RegistryLogin>> login(std::string reference) override {
    asked.push_back(reference);
    if (problem) co_return *problem;
    ports::RegistryLogin answer;
    answer.server = "registry.example";
    if (!anonymous) answer.username = "me";
    answer.password = masking::Secret{"planted-" + std::to_string(asked.size())};
    answer.source = "the password of /p";
    answer.advice = "check it";
    co_return answer;
  }
  void refused(const std::string&) override { ++refusals; }
  boost::asio::awaitable<Result<std::string>> digest(std::string) override { co_return std::string{}; }
  std::string last_digest(const std::string&) const override { return {}; }
  bool wants_signature(const std::string&) const override { return false; }
  boost::asio::awaitable<Result<void>> verify(std::string, std::string) override { co_return Result<void>{}; }
  bool is_verified(const std::string&, const std::string&) const override { return true; }

  std::vector<std::string> asked;
  int refusals = 0;
  bool anonymous = false;
  std::optional<Error> problem;
};

class DockerPull : public testing::Test {
 protected:
  DockerPull() {
    docker::DockerOptions options;
    options.endpoint = server_.endpoint();
    options.registry = &registry_;
    options.pull_silence = std::chrono::milliseconds{100};
    engine_ = docker::make_docker_engine(loop_.get_executor(), options);
    server_.script({{ok("OK")}});
  }
  // After the question for the version, which comes first.
  [[nodiscard]] std::string asked(std::size_t number) const { return server_.requests().at(number + 1); }
  Result<world::Image> pull() { return await(loop_, engine_->pull("registry.example/shop:1")); }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  TestRegistry registry_;
  std::unique_ptr<ports::Engine> engine_;
};

const std::string denied = R"({"errorDetail":{"message":"unauthorized: expired"},"error":"unauthorized: expired"})";

TEST_F(DockerPull, ShowsARegistrysWordsWithoutWhatItWasTold) {
  server_.script({{ok(R"({"error":"toomanyrequests: cGxhbnRlZC0x and planted-1 may come later"})")}});
  const auto pulled = pull();
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().message, "toomanyrequests: *** and *** may come later");
}

TEST_F(DockerPull, SendsTheRegistrysLoginAsTheEngineWantsIt) {
  server_.script({{ok("{\"status\":\"Pulling\"}\n")}});
  server_.script({{ok(R"({"Id":"sha256:id","RepoDigests":["registry.example/shop@sha256:2"]})")}});
  ASSERT_TRUE(pull());
  // {"serveraddress":"registry.example","username":"me","password":"planted-1"}
  EXPECT_THAT(
      asked(0),
      HasSubstr("X-Registry-Auth: eyJzZXJ2ZXJhZGRyZXNzIjoicmVnaXN0cnkuZXhhbXBsZSIsInVzZXJuYW1lIjoibWUiLCJwYXNzd29y"
                "ZCI6InBsYW50ZWQtMSJ9\r\n"));
  EXPECT_EQ(registry_.asked, std::vector<std::string>{"registry.example/shop:1"});
}

TEST_F(DockerPull, ALoginThatIsRefusedIsMadeAnewOnceThenItsSourceIsNamed) {
  server_.script({{ok(denied)}});
  server_.script({{ok("{}")}});
  server_.script({{ok(R"({"Id":"sha256:id"})")}});
  EXPECT_TRUE(pull());
  EXPECT_EQ(registry_.refusals, 1);
  EXPECT_EQ(registry_.asked.size(), 2U);
  server_.script({{ok(denied)}});
  server_.script({{ok(denied)}});
  const auto failed = pull();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::denied);
  EXPECT_EQ(failed.error().message, "unauthorized: expired; the password of /p: check it");
}

TEST_F(DockerPull, WithoutANameThereIsNoSecondTry) {
  registry_.anonymous = true;
  server_.script({{ok(denied)}});
  EXPECT_THAT(pull().error().message, HasSubstr("check it"));
  EXPECT_THAT(asked(0), Not(HasSubstr("X-Registry-Auth")));
  registry_.problem = Error{ErrorCode::denied, "no credentials"};
  EXPECT_EQ(pull().error().message, "no credentials");
}

TEST_F(DockerPull, WhatIsUnpackedInSilenceIsWaitedFor) {
  const auto pull_with = [&](const std::string& line, bool is_good) {
    const auto chunk = [](const std::string& text) { return fmt::format("{:x}\r\n{}\r\n", text.size(), text); };
    server_.script({.pieces = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk(line + "\n"),
                               chunk("{\"status\":\"Pull complete\",\"id\":\"a\"}\n") + "0\r\n\r\n"},
                    .pause = std::chrono::milliseconds{500}});
    if (is_good) server_.script({{ok(R"({"Id":"sha256:id"})")}});
    return pull();
  };
  for (const auto* status : {"Extracting", "Verifying Checksum", "Download complete"}) {
    const auto line = fmt::format(R"({{"status":"{}","id":"a"}})", status);
    const auto pulled = pull_with(line, true);
    EXPECT_TRUE(pulled) << status << ": " << pulled.error().message;
  }
  const auto stalled =
      pull_with(R"({"status":"Downloading","progressDetail":{"current":1,"total":9},"id":"a"})", false);
  ASSERT_FALSE(stalled);
  EXPECT_EQ(stalled.error().code, ErrorCode::timed_out);
}

TEST(PullStream, KnowsWhenTheEngineUnpacks) {
  docker::PullStream stream;
  const auto after = [&](std::string_view status, std::string_view id) {
    EXPECT_TRUE(stream.feed(fmt::format("{{\"status\":\"{}\",\"id\":\"{}\"}}\n", status, id)));
    return stream.unpacks();
  };
  EXPECT_FALSE(stream.unpacks()) << "nothing has been said yet";
  EXPECT_FALSE(after("Pulling fs layer", "a"));
  EXPECT_FALSE(after("Waiting", "b"));
  EXPECT_FALSE(after("Downloading", "a"));
  EXPECT_TRUE(after("Verifying Checksum", "a"));
  EXPECT_FALSE(after("Download complete", "a")) << "the other one is to come yet";
  EXPECT_TRUE(after("Extracting", "a"));
  EXPECT_FALSE(after("Pull complete", "a"));
  EXPECT_FALSE(after("Retrying in 5 seconds", "b"));
  EXPECT_TRUE(after("Download complete", "b")) << "engines with containerd's store say nothing while they unpack";
}

TEST(PullStream, CountsLayersAndBytes) {
  docker::PullStream stream;
  EXPECT_TRUE(
      stream.feed("{\"status\":\"Pulling from shop\",\"id\":\"1\"}\n{\"status\":\"Pulling fs layer\",\"id\":\"a\"}\n"
                  "{\"status\":\"Already exists\",\"id\":\"b\"}\n"
                  "{\"status\":\"Downloading\",\"progressDetail\":{\"current\":10,\"total\":100},\"id\":\"a\"}\n"));
  EXPECT_EQ(stream.progress(), (objects::PullProgress{1, 2, 10, 100}));
  EXPECT_TRUE(stream.feed("{\"status\":\"Download complete\",\"progressDetail\":{},\"id\":\"a\"}\n"));
  EXPECT_EQ(stream.progress(), (objects::PullProgress{1, 2, 100, 100}));
  EXPECT_TRUE(
      stream.feed("{\"status\":\"Extracting\",\"progressDetail\":{\"current\":5,\"total\":100},\"id\":\"a\"}\n"
                  "{\"status\":\"Pull complete\",\"id\":\"a\"}\n{\"status\":\"Digest: sha256:1\"}\n"));
  EXPECT_EQ(stream.progress(), (objects::PullProgress{2, 2, 100, 100}));
  EXPECT_FALSE(stream.failure());
  EXPECT_TRUE(
      stream.feed("{\"status\":\"Downloading\",\"progressDetail\":{\"current\":-5,\"total\":\"x\"},\"id\":\"a\"}\n"));
}

TEST(PullStream, ALayerWhoseConnectionBrokeOffGrowsNoSmaller) {
  docker::PullStream stream;
  const auto downloading = [&](int current, int total) {
    EXPECT_TRUE(stream.feed(
        fmt::format("{{\"status\":\"Downloading\",\"progressDetail\":{{\"current\":{},\"total\":{}}},\"id\":\"a\"}}\n",
                    current, total)));
    return stream.progress();
  };
  EXPECT_EQ(downloading(50, 100), (objects::PullProgress{0, 1, 50, 100}));
  EXPECT_TRUE(stream.feed("{\"status\":\"Retrying in 1 second\",\"id\":\"a\"}\n"));
  EXPECT_EQ(downloading(10, 40), (objects::PullProgress{0, 1, 70, 100})) << "the engine counts what was left";
  EXPECT_EQ(downloading(5, 100), (objects::PullProgress{0, 1, 5, 100})) << "it began anew";
}

TEST(PullStream, EveryLayerOfAHostileStreamIsNotRemembered) {
  docker::PullStream stream;
  std::string lines;
  for (int i = 0; i < 5000; ++i) lines += "{\"status\":\"Waiting\",\"id\":\"" + std::to_string(i) + "\"}\n";
  EXPECT_TRUE(stream.feed(lines));
  EXPECT_EQ(stream.progress().layers, 1000);
}

}  // namespace
}  // namespace teal::test
