// The engine's client against answers that a real engine gives rarely or never.
#include "daemon/drivers/engines/docker/docker_engine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/drivers/engines/docker/docker_events.hpp"
#include "daemon/runtime/task_group.hpp"
#include "manifests/foundation/time.hpp"
#include "tests/support/await.hpp"
#include "tests/support/no_telemetry.hpp"
#include "tests/support/scripted_server.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

const std::string ours =
    R"({"Id":"abc","Name":"/teal-shop-api-r1-0","Image":"i","State":{"Status":"created","ExitCode":0},"Config":{"Labels":)"
    R"({"teal.owner":"o","teal.application":"shop","teal.component":"api","teal.role":"serve",)"
    R"("teal.revision":"1","teal.index":"0"}}})";

std::string answer(int status, std::string_view body) {
  return fmt::format("HTTP/1.1 {} X\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body);
}

std::string ping(std::string_view version) {
  return fmt::format("HTTP/1.1 200 OK\r\nApi-Version: {}\r\nContent-Length: 2\r\n\r\nOK", version);
}

std::string message(std::string_view text) { return fmt::format(R"({{"message":"{}"}})", text); }

class Measured : public NoTelemetry {
 public:
  void dependency(std::string_view dependency, std::string_view operation, std::string_view outcome,
                  ports::Seconds took) override {
    seen.push_back(fmt::format("{} {} {}", dependency, operation, outcome));
    EXPECT_GT(took.count(), 0);
    EXPECT_LT(took.count(), 10);
  }
  std::vector<std::string> seen;
};

class DockerEngine : public testing::Test {
 protected:
  DockerEngine() { make(); }
  void make() {
    swept_ = false;
    docker::DockerOptions options;
    options.endpoint = server_.endpoint();
    options.owner = "o";
    options.telemetry = &measured_;
    options.inspect_deadline = 200ms;
    engine_ = docker::make_docker_engine(loop_.get_executor(), options);
    server_.script({{ping("1.41")}});
  }
  // After the question for the version, which comes first.
  [[nodiscard]] std::string asked(std::size_t number) const { return server_.requests().at(number + 1); }
  [[nodiscard]] std::size_t asked_count() const { return server_.requests().size() - 1; }
  void says(int status, std::string_view body) { server_.script({{answer(status, body)}}); }
  // The first list asks first what a killed teald's look has left.
  void lists(std::string_view containers) {
    if (!swept_) says(200, "[]");
    swept_ = true;
    says(200, containers);
  }
  // How the engine shows a container that was made without a word about logs.
  void looks(std::string_view log) {
    says(201, R"({"Id":"look"})");
    says(200, fmt::format(R"({{"Id":"look","HostConfig":{{"LogConfig":{}}}}})", log));
    says(204, "");
  }
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  Error pull_error(std::string_view stream) {
    says(200, stream);
    const auto pulled = run(engine_->pull("repo:1"));
    EXPECT_FALSE(pulled);
    return pulled ? Error{} : pulled.error();
  }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  bool swept_ = false;
  Measured measured_;
  std::unique_ptr<ports::Engine> engine_;
};

TEST_F(DockerEngine, AnErrorOnAnyLineOfAPullIsAnError) {
  says(200,
       "{\"status\":\"Pulling\"}\r\n{\"error\":\"manifest for repo:1 not found: manifest "
       "unknown\"}\r\n{\"status\":\"x\"}");
  const auto pulled = run(engine_->pull("repo:1"));
  ASSERT_FALSE(pulled);
  EXPECT_EQ(pulled.error().code, ErrorCode::not_found);
  EXPECT_EQ(pulled.error().message, "manifest for repo:1 not found: manifest unknown");
  EXPECT_THAT(asked(0), StartsWith("POST /v1.41/images/create?fromImage=repo&tag=1 HTTP/1.1"));
}

TEST_F(DockerEngine, NamesThePullsFailureByItsWords) {
  EXPECT_EQ(
      pull_error(R"({"error":"pull access denied for x, repository does not exist or may require docker login"})").code,
      ErrorCode::denied);
  EXPECT_EQ(pull_error(R"({"errorDetail":{"message":"unauthorized: authentication required"}})").code,
            ErrorCode::denied);
  EXPECT_EQ(pull_error(R"({"error":"Get https://x/v2/: dial tcp: lookup x: no such host"})").code,
            ErrorCode::unavailable);
  EXPECT_EQ(pull_error(R"({"error":"toomanyrequests: You have reached your pull rate limit"})").code,
            ErrorCode::unavailable);
  EXPECT_EQ(pull_error(R"({"error":"something new"})").code, ErrorCode::unavailable);
  // What no further try can mend.
  EXPECT_EQ(pull_error(R"({"error":"no matching manifest for linux/amd64 in the manifest list entries"})").code,
            ErrorCode::not_found);
  EXPECT_EQ(pull_error(R"({"error":"image operating system \"windows\" cannot be used on this platform"})").code,
            ErrorCode::invalid);
  EXPECT_EQ(pull_error(R"({"error":"media type application/x is no longer supported, please rebuild the image"})").code,
            ErrorCode::invalid);
  EXPECT_EQ(pull_error("no json at all\n").code, ErrorCode::unavailable);
}

TEST_F(DockerEngine, AskAfterAGoodPullWhatTheImageIs) {
  says(200, "{\"status\":\"Digest: sha256:2\"}\r\n");
  says(200, R"({"Id":"sha256:id","RepoDigests":["repo@sha256:2"]})");
  const auto pulled = run(engine_->pull("repo@sha256:2"));
  ASSERT_TRUE(pulled) << pulled.error().message;
  EXPECT_EQ(*pulled, (world::Image{"sha256:id", "sha256:2", true}));
  EXPECT_THAT(asked(0), HasSubstr("fromImage=repo&tag=sha256%3A2 "));
  EXPECT_THAT(asked(1), StartsWith("GET /v1.41/images/repo%40sha256%3A2/json "));
}

// One image of which two manifests were pushed: its pull says which one the tag names.
TEST_F(DockerEngine, TheDigestIsTheOneThatThePullHasFound) {
  const auto both = R"({"Id":"sha256:id","RepoDigests":["repo@sha256:1","repo@sha256:2"]})";
  says(200, "{\"status\":\"Digest: sha256:2\"}\r\n{\"status\":\"Status: Image is up to date for repo:1\"}\r\n");
  says(200, both);
  EXPECT_EQ(run(engine_->pull("repo:1"))->digest, "sha256:2");
  says(200, both);
  EXPECT_EQ(run(engine_->image("repo:1"))->digest, "sha256:2") << "and from then on";
  says(200, both);
  EXPECT_EQ(run(engine_->image("repo:other"))->digest, "sha256:1");
}

// containerd's image store words it otherwise, and answers before any stream begins.
TEST_F(DockerEngine, NamesTheFailureOfAPullIntoContainerdsStore) {
  const auto failed = [&](int status, std::string_view text) {
    says(status, message(std::string{text}));
    return run(engine_->pull("host:5000/app:1")).error().code;
  };
  EXPECT_EQ(failed(404, R"(failed to resolve reference \"host:5000/app:1\": host:5000/app:1: not found)"),
            ErrorCode::not_found);
  EXPECT_EQ(
      failed(
          500,
          R"(failed to resolve reference \"host:5000/app:1\": failed to do request: Head: dial tcp: connect: connection refused)"),
      ErrorCode::unavailable);
  EXPECT_EQ(
      failed(
          500,
          R"(failed to resolve reference \"host:5000/app:1\": pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials)"),
      ErrorCode::denied);
  EXPECT_EQ(
      failed(
          404,
          R"(no matching manifest for linux/amd64 in the manifest list entries: no match for platform in manifest: not found)"),
      ErrorCode::not_found);
}

TEST_F(DockerEngine, APullThatIsCutShortIsUnavailable) {
  server_.script({.pieces = {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"sta"}, .close = true});
  EXPECT_EQ(run(engine_->pull("repo:1")).error().code, ErrorCode::unavailable);
}

TEST_F(DockerEngine, NonsenseIsAnErrorThatSaysSo) {
  for (const auto* body : {"", "[", "{}", "null", "7", "[7]", "[{}]", R"([{"Id":7}])", "\xff\xfe"}) {
    lists(body);
    const auto listed = run(engine_->list(""));
    ASSERT_FALSE(listed) << body;
    EXPECT_EQ(listed.error().code, ErrorCode::unavailable) << body;
    EXPECT_THAT(listed.error().message, HasSubstr("makes no sense")) << body;
  }
  server_.script({.pieces = {"SSH-2.0-x\r\n"}, .close = true});
  EXPECT_EQ(run(engine_->list("")).error().code, ErrorCode::unavailable);
}

TEST_F(DockerEngine, AContainerThatGoesWhileListingIsNotListed) {
  lists(R"([{"Id":"gone"},{"Id":"abc"}])");
  says(404, message("No such container: gone"));
  says(200, ours);
  const auto listed = run(engine_->list("shop"));
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_EQ(listed->size(), 1u);
  EXPECT_EQ(listed->at(0).id, "abc");
}

// As the list of containers has it.
std::string listed(std::string_view state, std::string_view role = "serve") {
  return fmt::format(
      R"({{"Id":"stuck","Names":["/teal-shop-api-r1-1"],"ImageID":"i","Created":1767225600,"State":"{}",)"
      R"("Labels":{{"teal.owner":"o","teal.application":"shop","{}":"api","teal.role":"{}","teal.revision":"1",)"
      R"("teal.index":"1"}},"Ports":[{{"PrivatePort":80}},{{"IP":"127.0.0.1","PrivatePort":80,"PublicPort":49153}}]}})",
      state, role == "serve" ? "teal.component" : "teal.job", role);
}

TEST_F(DockerEngine, AReplicaThatCannotBeInspectedHidesNoOther) {
  for (const bool hangs : {true, false}) {
    lists(fmt::format(R"([{},{{"Id":"abc"}}])", listed("running")));
    says(200, ours);
    if (hangs) server_.script({});
    if (!hangs) says(500, message("container state is locked"));
    const auto all = run(engine_->list("shop"));
    ASSERT_TRUE(all) << all.error().message;
    ASSERT_EQ(all->size(), 2U);
    const auto& stuck = all->at(1);
    EXPECT_EQ(stuck.name, "teal-shop-api-r1-1");
    EXPECT_EQ(stuck.state, world::ContainerState::Running);
    EXPECT_EQ(stuck.address, "127.0.0.1:49153");
    EXPECT_EQ(stuck.image_id, "i");
    EXPECT_EQ(format_time(*stuck.started_at), "2026-01-01T00:00:00.000Z");
    EXPECT_THAT(stuck.engine_error, StartsWith("the engine says nothing of teal-shop-api-r1-1 but that it runs: "));
    EXPECT_EQ(all->at(0).id, "abc");
    engine_.reset();
    make();
  }
}

TEST_F(DockerEngine, WhatOnlyAnInspectionCanTellIsNotGuessed) {
  for (const auto& entry : {listed("exited"), listed("running", "migrate")}) {
    lists(fmt::format("[{}]", entry));
    says(500, message("container state is locked"));
    const auto all = run(engine_->list("shop"));
    ASSERT_FALSE(all);
    EXPECT_EQ(all.error().message, "teal-shop-api-r1-1: container state is locked");
  }
}

TEST_F(DockerEngine, ListingFailsWhenTheHistoryCannotBeRead) {
  auto running = ours;
  running.replace(running.find(R"("created")"), 9, R"("running","StartedAt":"2026-01-01T00:00:00Z")");
  lists(R"([{"Id":"abc"}])");
  says(200, running);
  says(500, message("out of disk"));
  const auto listed = run(engine_->list("shop"));
  ASSERT_FALSE(listed);
  EXPECT_EQ(listed.error().message, "out of disk");
}

TEST_F(DockerEngine, TheHistoryOfARunningContainerIsReadOnce) {
  auto running = ours;
  running.replace(running.find(R"("created")"), 9, R"("running","StartedAt":"2026-01-01T00:00:00Z")");
  lists(R"([{"Id":"abc"}])");
  says(200, running);
  says(200, R"({"Action":"kill","Actor":{"ID":"abc","Attributes":{"signal":"15"}},"timeNano":1767225601000000000})");
  const auto listed = run(engine_->list("shop"));
  ASSERT_TRUE(listed) << listed.error().message;
  ASSERT_TRUE(listed->at(0).signalled_at) << "by the teald before this one, or by a person";
  EXPECT_EQ(format_time(*listed->at(0).signalled_at), "2026-01-01T00:00:01.000Z");
  EXPECT_THAT(asked(3), StartsWith("GET /v1.41/events?since=1767225599.000000000&until="));
  lists(R"([{"Id":"abc"}])");
  says(200, running);
  const auto again = run(engine_->list("shop"));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->at(0).signalled_at, listed->at(0).signalled_at);
  EXPECT_EQ(asked_count(), 6u);
}

// A job whose `die` event is in the engine's record no more.
TEST_F(DockerEngine, AnEngineThatWasNeverAwayIsBelievedWithoutTheEvent) {
  struct Case {
    const char* info;
    const char* up_since;
    bool witnessed;
  };
  for (const auto& [info, up_since, witnessed] :
       {Case{"false", "2025-12-31T23:59:59.999Z", true}, Case{"false", "2026-01-01T01:30:00+02:00", true},
        Case{"false", "2026-01-01T00:00:01Z", false}, Case{"true", nullptr, false}}) {
    auto job = ours;
    job.replace(job.find("serve"), 5, "migrate");
    job.replace(job.find("teal.component"), 14, "teal.job");
    job.replace(job.find(R"("created")"), 9,
                R"("exited","StartedAt":"2026-01-01T00:00:00Z","FinishedAt":"2026-01-01T00:00:06Z")");
    lists(R"([{"Id":"abc"}])");
    says(200, job);
    says(200, "");
    says(200, fmt::format(R"({{"LiveRestoreEnabled":{}}})", info));
    if (up_since) says(200, fmt::format(R"({{"Created":"{}"}})", up_since));
    const auto listed = run(engine_->list("shop"));
    ASSERT_TRUE(listed) << listed.error().message;
    EXPECT_EQ(listed->at(0).exit_witnessed, witnessed) << (up_since ? up_since : "containers outlive it");
    engine_.reset();
    make();
  }
}

TEST_F(DockerEngine, ListsAnotherOwnersReplicasApartAndUninspected) {
  auto other = listed("running");
  other.replace(other.find(R"("o")"), 3, R"("p")");
  lists(fmt::format("[{}]", other));
  EXPECT_TRUE(run(engine_->list("shop"))->empty());
  EXPECT_EQ(asked_count(), 2u);
  const auto of_others = engine_->of_others("shop");
  ASSERT_EQ(of_others.count("p"), 1u);
  EXPECT_EQ(of_others.at("p").at(0).name, "teal-shop-api-r1-1");
  EXPECT_EQ(of_others.at("p").at(0).address, "127.0.0.1:49153");
  engine_->take_owner("p");
  lists(fmt::format("[{}]", other));
  says(500, message("container state is locked"));
  says(200, "");
  EXPECT_EQ(run(engine_->list("shop"))->size(), 1u);
  EXPECT_TRUE(engine_->of_others("shop").empty());
}

TEST_F(DockerEngine, AStartThatCanNeverWorkIsInvalid) {
  const auto start_error = [&](int status, std::string_view text) {
    says(200, ours);
    says(status, message(text));
    const auto started = run(engine_->start("abc"));
    EXPECT_FALSE(started);
    return started ? ErrorCode::internal : started.error().code;
  };
  EXPECT_EQ(start_error(500, "driver failed: Bind for 127.0.0.1:80 failed: port is already allocated"),
            ErrorCode::invalid);
  EXPECT_EQ(start_error(400, "OCI runtime create failed"), ErrorCode::invalid);
  EXPECT_EQ(start_error(500, "exec: x: executable file not found in $PATH"), ErrorCode::invalid);
  EXPECT_EQ(start_error(500, "unable to find group x: no matching entries in group file"), ErrorCode::invalid);
  EXPECT_EQ(start_error(500, "no space left on device"), ErrorCode::unavailable);
  EXPECT_EQ(start_error(404, "No such container: abc"), ErrorCode::not_found);
}

TEST_F(DockerEngine, ARemovalUnderWayIsSuccess) {
  says(200, ours);
  says(409, message("removal of container abc is already in progress"));
  EXPECT_TRUE(run(engine_->remove("abc")));
  says(200, ours);
  says(409, message("something else"));
  EXPECT_EQ(run(engine_->remove("abc")).error().code, ErrorCode::conflict);
}

TEST_F(DockerEngine, LeavesAnotherOwnersContainerAlone) {
  auto foreign = ours;
  foreign.replace(foreign.find(R"("o")"), 3, R"("p")");
  says(200, foreign);
  EXPECT_TRUE(run(engine_->stop("abc", "SIGTERM")));
  says(200, foreign);
  EXPECT_TRUE(run(engine_->remove("abc")));
  EXPECT_EQ(asked_count(), 2u) << "both only looked";
}

TEST_F(DockerEngine, LeavesAStrangerAloneAndSaysWhoItIs) {
  auto stranger = ours;
  stranger.replace(stranger.find("/teal-shop-api-r1-0"), 19, "/copied");
  says(200, stranger);
  EXPECT_TRUE(run(engine_->stop("abc", "SIGTERM")));
  says(200, stranger);
  EXPECT_TRUE(run(engine_->remove("abc")));
  says(200, stranger);
  EXPECT_EQ(run(engine_->start("abc")).error().code, ErrorCode::not_found);
  says(200, stranger);
  EXPECT_EQ(run(engine_->logs("abc", 10)).error().code, ErrorCode::not_found);
  EXPECT_EQ(asked_count(), 4u) << "all only looked";
  lists(R"([{"Id":"abc"}])");
  says(200, stranger);
  EXPECT_TRUE(run(engine_->list("shop"))->empty());
  EXPECT_EQ(engine_->strangers("shop"),
            (std::vector<world::Stranger>{{"abc", "copied", "teal-shop-api-r1-0", "docker rm -f copied"}}));
  says(200, "[]");
  EXPECT_TRUE(run(engine_->list("shop"))->empty());
  EXPECT_TRUE(engine_->strangers("shop").empty());
}

TEST_F(DockerEngine, QuotesTheEngineButNeverASecret) {
  says(200, R"({"Id":"i","Config":{"Labels":{"teal.component":"x"}}})");
  looks(R"({"Type":"journald","Config":{}})");
  says(400, message("invalid environment variable: PASSWORD=hunter2\\r\\nand a line"));
  ports::ContainerSpec spec;
  spec.name = "n";
  spec.env.emplace_back("PASSWORD", masking::Secret{"hunter2"});
  const auto created = run(engine_->create(std::move(spec)));
  ASSERT_FALSE(created);
  EXPECT_EQ(created.error().code, ErrorCode::invalid);
  EXPECT_EQ(created.error().message, "invalid environment variable: PASSWORD=***  and a line");
}

TEST_F(DockerEngine, KeepsTheLogsLimitsOfTheEnginesOwner) {
  const auto asks_for = [&](std::string_view log) {
    says(200, R"({"Id":"i","Config":{"Labels":{"teal.owner":"x"}}})");
    looks(log);
    says(201, R"({"Id":"new"})");
    EXPECT_TRUE(run(engine_->create({})));
    auto asked = server_.requests().back();
    make();
    return asked;
  };
  const auto first = asks_for(R"({"Type":"json-file","Config":{"max-size":"500m","max-file":"10"}})");
  EXPECT_THAT(first, testing::Not(HasSubstr("LogConfig")));
  EXPECT_THAT(asked(1), testing::AllOf(HasSubstr(R"("teal.look":"o")"), HasSubstr(R"("teal.owner":"")")))
      << "what is made for a look is nobody's replica, whatever its image says";
  EXPECT_THAT(asked(3), StartsWith("DELETE /v1.41/containers/look?v=1 "));
  EXPECT_THAT(asks_for(R"({"Type":"journald","Config":{}})"), testing::Not(HasSubstr("LogConfig")));
  EXPECT_THAT(asks_for(R"({"Type":"json-file","Config":{}})"), HasSubstr(R"("max-size":"10m","max-file":"3")"));
}

TEST_F(DockerEngine, AnEngineThatForbidsTheLookKeepsItsDefaults) {
  says(200, R"({"Id":"i"})");
  says(403, message("authorization denied by plugin"));
  says(201, R"({"Id":"new"})");
  EXPECT_TRUE(run(engine_->create({})));
  EXPECT_THAT(server_.requests().back(), testing::Not(HasSubstr("LogConfig")));
}

TEST_F(DockerEngine, RunsAJobUnderAnInitWhereThereIsOne) {
  const auto asks_for = [&](std::string_view image, std::optional<std::string_view> components) {
    says(200, image);
    if (server_.requests().empty()) looks(R"({"Type":"journald","Config":{}})");
    if (components) says(200, fmt::format(R"({{"Components":[{}]}})", *components));
    says(201, R"({"Id":"new"})");
    ports::ContainerSpec job;
    job.role = world::Role::Migrate;
    EXPECT_TRUE(run(engine_->create(std::move(job))));
    return server_.requests().back();
  };
  const auto* plain = R"({"Id":"i","Config":{"Cmd":["/migrate.sh"]}})";
  EXPECT_THAT(asks_for(plain, R"({"Name":"Engine"},{"Name":"docker-init"})"), HasSubstr(R"("Init":true)"));
  EXPECT_THAT(asks_for(plain, R"({"Name":"Engine"})"), testing::Not(HasSubstr("Init")))
      << "a container that asks for what is missing would not start";
  EXPECT_THAT(asks_for(R"({"Id":"i","Config":{"Entrypoint":["/init"]}})", std::nullopt),
              testing::Not(HasSubstr("Init")));
}

TEST_F(DockerEngine, LooksOnceForWhatIsMadeAtATime) {
  const auto creates = [&] {
    says(201, R"({"Id":"new"})");
    EXPECT_TRUE(run(engine_->create({})));
    return server_.requests().back();
  };
  says(200, R"({"Id":"i"})");
  looks(R"({"Type":"json-file","Config":{}})");
  EXPECT_THAT(creates(), HasSubstr("max-size"));
  const auto asked_before = asked_count();
  says(200, R"({"Id":"i"})");
  EXPECT_THAT(creates(), HasSubstr("max-size"));
  EXPECT_EQ(asked_count(), asked_before + 2);
}

TEST_F(DockerEngine, RemovesWhatAKilledTealdsLookHasLeftBehindAsSoonAsItLists) {
  says(200, R"([{"Id":"left"}])");
  says(204, "");
  says(200, "[]");
  EXPECT_TRUE(run(engine_->list("shop")));
  EXPECT_THAT(asked(1), StartsWith("DELETE /v1.41/containers/left?v=1 "));
  says(200, "[]");
  EXPECT_TRUE(run(engine_->list("shop")));
  EXPECT_EQ(asked_count(), 4u) << "once";
}

TEST_F(DockerEngine, MeasuresEachRequestWithItsOutcome) {
  says(200, ours);
  says(500, message("no space left on device"));
  (void)run(engine_->start("abc"));
  says(404, message("No such image: x"));
  (void)run(engine_->image("x"));
  says(200, "{}");
  says(403, message("forbidden by a proxy"));
  (void)run(engine_->pull("x"));
  EXPECT_THAT(measured_.seen, testing::ElementsAre("engine inspect ok", "engine start unavailable", "engine image ok",
                                                   "engine pull ok", "engine image denied"));
}

TEST_F(DockerEngine, FollowsEventsAndComesBack) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string line =
      R"({"Action":"die","Actor":{"ID":"abc","Attributes":{"teal.application":"shop"}},"timeNano":1})"
      "\n";
  server_.script({.pieces = {head, fmt::format("{:x}\r\n{}\r\n", line.size(), line)}, .pause = 5ms, .close = true});
  server_.script({{ping("1.44")}});
  server_.script({.pieces = {answer(500, message("starting"))}, .close = true});
  server_.script({{ping("1.99")}});
  server_.script({.pieces = {head + "8\r\nnonsense\r\n1\r\n\n\r\n"}});
  server_.script({{ping("1.44")}});
  server_.script({.pieces = {head}});
  std::vector<std::string> told;
  runtime::TaskGroup group{loop_.get_executor(),
                           [](const std::string& task, std::exception_ptr) { ADD_FAILURE() << task; }};
  docker::DockerWatch watch;
  watch.endpoint = server_.endpoint();
  watch.on_change = [&](const std::string& application) { told.push_back("change:" + application); };
  watch.on_state = [&](bool up, const std::string& reason) { told.push_back(up ? "up" : "down: " + reason); };
  group.spawn("events", docker::watch_docker_events(watch));
  for (int i = 0; i < 300 && told.size() < 9; ++i) {
    loop_.restart();
    loop_.run_for(10ms);
  }
  ASSERT_EQ(told.size(), 9u);
  EXPECT_EQ(told[0], "up");
  EXPECT_EQ(told[1], "change:");
  EXPECT_EQ(told[2], "change:shop");
  EXPECT_THAT(told[3], StartsWith("down: "));
  EXPECT_EQ(told[4], "up");
  EXPECT_EQ(told[5], "change:");
  EXPECT_EQ(told[6], "down: the engine's event stream makes no sense");
  EXPECT_EQ(told[7], "up");
  EXPECT_EQ(told[8], "change:");
  EXPECT_THAT(server_.requests()[1], StartsWith("GET /v1.41/events?"));
  EXPECT_THAT(server_.requests()[3], StartsWith("GET /v1.44/events?")) << "a newer engine came up";
  EXPECT_THAT(server_.requests()[5], StartsWith("GET /v1.52/events?"));
  group.cancel();
  loop_.restart();
  loop_.run_for(50ms);
  EXPECT_EQ(group.size(), 0u);
}

}  // namespace
}  // namespace teal::test
