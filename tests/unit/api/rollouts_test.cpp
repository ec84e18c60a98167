#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "manifests/wire/json.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;

const std::string rollouts = "/apis/teal/v1/rollouts";

class RolloutsApi : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }
  void keep(const std::string& application, int revision, const std::string& source, const std::string& text) {
    on_loop([&] {
      boost::asio::co_spawn(loop_, store_.keep_log(application, revision, source, text), boost::asio::detached);
    });
  }
};

TEST_F(RolloutsApi, ShowsARolloutAsTheContractSays) {
  commit(sample_rollout("shop-eu", 12));
  const auto answer = get(rollouts + "/shop-eu-12");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto rollout = answer.json();
  EXPECT_EQ(rollout.at("kind"), "Rollout");
  EXPECT_EQ(rollout.at("metadata").at("name"), "shop-eu-12");
  EXPECT_EQ(rollout.at("spec").at("application"), "shop-eu");
  EXPECT_EQ(rollout.at("spec").at("revision"), 12);
  const auto expected = json::parse(R"({"phase":"Migrating","reason":"MigrationRunning",
      "message":"waiting for job default","fromVersion":"1.0.0","toVersion":"1.0.12","imageDigest":"sha256:abc",
      "startedAt":"2023-11-14T22:13:32.000Z",
      "phases":[{"phase":"Pending","startedAt":"2023-11-14T22:13:32.000Z","finishedAt":"2023-11-14T22:13:32.000Z"},
                {"phase":"Migrating","startedAt":"2023-11-14T22:13:32.000Z"}],
      "migration":[{"job":"default","state":"Failed","attempts":2,"exitCode":3}],
      "traffic":{"probes":120,"failed":1,"loadBalancerErrors":0}})");
  EXPECT_EQ(rollout.at("status"), expected) << answer.body;
}

TEST_F(RolloutsApi, TheLatestIsShownWithoutTheStore) {
  status::ApplicationView view;
  view.record.application = sample_application("shop");
  view.rollout = sample_rollout("shop", 12);
  on_loop([&] { board_.publish(view); });
  const auto answer = get(rollouts + "/shop-12");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.json().at("status").at("phase"), "Migrating");
  EXPECT_EQ(get(rollouts + "/shop-11").status, 404) << "an earlier one is the store's";
}

TEST_F(RolloutsApi, ShowsTheEvidenceOfAFailureWithTheLastLinesOfItsLogs) {
  auto record = sample_rollout("shop", 7);
  objects::Evidence evidence;
  evidence.reason = spec::Reason::HealthCheckFailed;
  objects::ContainerEvidence gone;
  gone.container = "teal-shop-api-r7-0";
  gone.unit = "api";
  gone.revision = 7;
  gone.state = "Exited";
  gone.exit_code = 137;
  gone.out_of_memory = true;
  auto running = gone;
  running.container = "teal-shop-api-r7-1";
  running.state = "Running";
  running.exit_code.reset();
  running.out_of_memory = false;
  running.failures = 3;
  running.answer = "503: no";
  running.body = "no";
  evidence.containers = {gone, running};
  evidence.servers = {{"edge", "shop_api", "teal-shop-api-r7-0", "Down", "L4CON", 0, 3}};
  record.outcome.evidence = evidence;
  record.course.back = records::RollbackOrigin{5, "ann", "the schema stays", {}};
  record.course.back->shelved = record.course.target.application;
  commit(record);
  std::string log;
  for (int i = 1; i <= 30; ++i) log += "line " + std::to_string(i) + "\n";
  keep("shop", 7, "teal-shop-api-r7-0", log);
  control_.live["teal-shop-api-r7-1"] = "still here\n";
  const auto status = get(rollouts + "/shop-7").json().at("status");
  const auto& containers = status.at("evidence").at("containers");
  EXPECT_EQ(containers.at(0).at("exitCode"), 137);
  EXPECT_EQ(containers.at(0).at("outOfMemory"), true);
  const std::string tail(containers.at(0).at("log").as_string());
  EXPECT_TRUE(tail.starts_with("line 11\n") && tail.ends_with("line 30")) << tail;
  EXPECT_EQ(containers.at(1).at("log"), "still here");
  EXPECT_EQ(containers.at(1).at("answer"), "503: no");
  EXPECT_EQ(status.at("evidence").at("servers").at(0).at("errors"), 3);
  EXPECT_EQ(status.at("rollback").at("toRevision"), 5);
  EXPECT_EQ(status.at("rollback").at("by"), "ann");
  EXPECT_EQ(get(rollouts).json().at("items").at(0).at("status").at("evidence").at("reason"), "HealthCheckFailed");
}

TEST_F(RolloutsApi, OneThatIsToBeFollowedByAnotherSaysSo) {
  auto record = sample_rollout("shop", 7);
  commit(record);
  EXPECT_FALSE(get(rollouts + "/shop-7").json().at("status").as_object().contains("followedBy"));
  record = sample_rollout("shop", 8);
  record.standing.phase = spec::Phase::Complete;
  record.orders.rollback = records::RollbackOrder{record.course.target, "ann", ""};
  commit(record);
  EXPECT_EQ(get(rollouts + "/shop-8").json().at("status").at("followedBy"), "rollback");
}

TEST_F(RolloutsApi, TheOneUnderWaySaysWhyItWaitsNow) {
  commit(sample_rollout("shop", 7));
  status::ApplicationView view;
  view.record.application = sample_application("shop");
  auto rollout = sample_rollout("shop", 7);
  rollout.traffic.probes = 140;
  view.rollout = rollout;
  view.status.conditions = {
      {"Progressing", "True", spec::Reason::Migrating, "migration job default runs for 3s", Time{}}};
  on_loop([&] { board_.publish(view); });
  const auto status = get(rollouts + "/shop-7").json().at("status");
  EXPECT_EQ(status.at("reason"), "Migrating");
  EXPECT_EQ(status.at("message"), "migration job default runs for 3s");
  EXPECT_EQ(status.at("traffic").at("probes"), 140);
}

TEST_F(RolloutsApi, ListsThemNewestFirst) {
  commit(sample_rollout("shop", 1));
  commit(sample_rollout("blog", 2));
  commit(sample_rollout("shop", 3));
  const auto all = get(rollouts).json();
  EXPECT_EQ(all.at("kind"), "RolloutList");
  ASSERT_EQ(all.at("items").as_array().size(), 3u);
  EXPECT_EQ(all.at("items").at(0).at("metadata").at("name"), "shop-3");
  const auto of_shop = get(rollouts + "?application=shop&limit=1").json();
  ASSERT_EQ(of_shop.at("items").as_array().size(), 1u);
  EXPECT_EQ(of_shop.at("items").at(0).at("metadata").at("name"), "shop-3");
  EXPECT_EQ(get(rollouts + "?limit=many").status, 400);
}

TEST_F(RolloutsApi, WhatIsNoRolloutIsNotFound) {
  commit(sample_rollout("shop", 1));
  for (const std::string name :
       {"shop", "shop-2", "shop-01", "shop-0", "shop--1", "-1", "shop-1x", "shop-99999999999"}) {
    EXPECT_EQ(get(rollouts + "/" + name).status, 404) << name;
  }
}

TEST_F(RolloutsApi, AJobsKeptLogIsThatOfItsLastAttempt) {
  commit(sample_rollout("shop", 1));
  keep("shop", 1, "teal-shop-default-r1-1", "first attempt\n");
  keep("shop", 1, "teal-shop-default-r1-2", "second attempt\n");
  const auto answer = get(rollouts + "/shop-1/logs?job=default");
  EXPECT_EQ(answer.status, 200);
  EXPECT_NE(answer.head.find("Content-Type: text/plain"), std::string::npos);
  EXPECT_EQ(answer.body, "second attempt\n");
  EXPECT_EQ(get(rollouts + "/shop-1/logs?job=default&attempt=1").body, "first attempt\n");
}

TEST_F(RolloutsApi, ARunningContainersLogIsReadLive) {
  commit(sample_rollout("shop", 1));
  control_.live["teal-shop-default-r1-2"] = "migrating…\n";
  control_.live["teal-shop-api-r1-1"] = "serving\n";
  EXPECT_EQ(get(rollouts + "/shop-1/logs?job=default").body, "migrating…\n");
  keep("shop", 1, "teal-shop-api-r1-1", "of the one before\n");
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=api&replica=1").body, "serving\n");
  on_loop([&] { control_.live.clear(); });
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=api&replica=1").body, "of the one before\n");
  on_loop([&] { control_.error = Error{ErrorCode::unavailable, "engine local: no such socket"}; });
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=api&replica=1").status, 200);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=api").status, 503);
}

TEST_F(RolloutsApi, AJobsLogIsStreamedUntilItHasEnded) {
  auto record = sample_rollout("shop", 1);
  record.standing.phase = spec::Phase::Migrating;
  record.jobs.front().state = records::JobState::Running;
  record.jobs.front().attempts = 2;
  commit(record);
  const auto publish = [&] {
    status::ApplicationView view;
    view.record.application.name = "shop";
    view.rollout = record;
    board_.publish(std::move(view));
  };
  on_loop([&] {
    publish();
    control_.live["teal-shop-default-r1-2"] = "one\ntw";
  });
  Socket socket{socket_};
  socket.send("GET " + rollouts + "/shop-1/logs?job=default&follow=true HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(socket.read_until("\r\n\r\n").find("text/plain"), std::string::npos);
  EXPECT_EQ(socket.read_until("one\n\r\n"), "4\r\none\n\r\n");
  on_loop([&] { control_.live["teal-shop-default-r1-2"] = "one\ntwo\nthree"; });
  EXPECT_EQ(socket.read_until("two\n\r\n"), "4\r\ntwo\n\r\n");
  on_loop([&] {
    record.jobs.front().state = records::JobState::Succeeded;
    publish();
  });
  EXPECT_EQ(socket.read_until("0\r\n\r\n"), "5\r\nthree\r\n0\r\n\r\n");
}

TEST_F(RolloutsApi, LogsOfNothingSayWhy) {
  commit(sample_rollout("shop", 1));
  EXPECT_EQ(get(rollouts + "/shop-1/logs").status, 400);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?job=default&component=api").status, 400);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=api&replica=x").status, 400);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?follow=maybe&job=default").status, 400);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?job=other").status, 404);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=other").status, 404);
  EXPECT_EQ(get(rollouts + "/shop-1/logs?component=api").status, 404);
  EXPECT_EQ(get(rollouts + "/shop-9/logs?job=default").status, 404);
}

TEST_F(RolloutsApi, AStoreThatFailsIsUnavailable) {
  on_loop([&] { store_.inject(FakeStore::Fault::Fail); });
  const auto answer = get(rollouts);
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.json().at("reason"), "ServiceUnavailable");
}

TEST_F(RolloutsApi, EventsAreListedOldestFirst) {
  std::vector<records::Event> events(2);
  events[0] = {
      Time{Duration{1700000000000}}, false, spec::Reason::RolloutStarted, "1.0 → 1.1", "shop", "Rollout/shop-7"};
  events[1] = {Time{Duration{1700000001000}}, true, spec::Reason::named("Unhealthy"), "503", "shop",
               "Replica/teal-shop-api-r7-0"};
  on_loop([&] { boost::asio::co_spawn(loop_, store_.append(events), boost::asio::detached); });
  const auto list = get("/apis/teal/v1/events?application=shop").json();
  EXPECT_EQ(list.at("kind"), "EventList");
  EXPECT_EQ(list.at("metadata").at("resourceVersion"), "2");
  const auto& first = list.at("items").at(0);
  EXPECT_EQ(first.at("time"), "2023-11-14T22:13:20.000Z");
  EXPECT_EQ(first.at("type"), "Normal");
  EXPECT_EQ(first.at("reason"), "RolloutStarted");
  EXPECT_EQ(first.at("message"), "1.0 → 1.1");
  EXPECT_EQ(first.at("involvedObject").at("kind"), "Rollout");
  EXPECT_EQ(first.at("involvedObject").at("name"), "shop-7");
  EXPECT_EQ(list.at("items").at(1).at("type"), "Warning");
  EXPECT_EQ(get("/apis/teal/v1/events?application=blog").json().at("items").as_array().size(), 0u);
}

TEST_F(RolloutsApi, PlanShowsWhatWouldBeDone) {
  publish("shop");
  control_.planned.application = "shop";
  control_.planned.from_version = "1.0.0";
  control_.planned.to_version = "2.0.0";
  control_.planned.revision = 8;
  control_.planned.summary = "1.0.0 → 2.0.0";
  control_.planned.changes = {{"spec.version", "1.0.0", "2.0.0"}};
  control_.planned.steps = {{"Migrating", "RunMigration", "teal-shop-default-r8-1", "runs the job"}};
  control_.planned.policy = {false, "", "go to 1.9.0 first"};
  control_.planned.way = {"2.0.0"};
  objects::PlanJob job;
  job.job = "default";
  job.point = "BeforeStart";
  job.container = "teal-shop-default-r8-1";
  job.command = "./upgrade_schema.sh upgrade";
  job.user = "migrator";
  job.database = "shop at db:5432";
  job.credentials = {"DB__USER"};
  control_.planned.jobs = {job};
  control_.planned.timed_revision = 7;
  control_.planned.last_time = {{"Verifying", std::chrono::milliseconds{1500}}};
  control_.planned.findings = {"train 2.0 was not acknowledged"};
  const auto answer = call("POST", "/apis/teal/v1/applications/shop/plan");
  ASSERT_EQ(answer.status, 200) << answer.body;
  const auto expected = json::parse(R"({"apiVersion":"teal/v1","kind":"Plan","metadata":{"name":"shop"},
      "fromVersion":"1.0.0","toVersion":"2.0.0","revision":8,"summary":"1.0.0 → 2.0.0",
      "changes":[{"path":"spec.version","from":"1.0.0","to":"2.0.0"}],
      "steps":[{"phase":"Migrating","action":"RunMigration","object":"teal-shop-default-r8-1","message":"runs the job"}],
      "policy":{"allowed":false,"message":"go to 1.9.0 first"},"way":["2.0.0"],
      "jobs":[{"job":"default","phase":"BeforeStart","needed":true,"container":"teal-shop-default-r8-1",
               "command":"./upgrade_schema.sh upgrade","user":"migrator","database":"shop at db:5432",
               "credentials":["DB__USER"]}],
      "lastTime":{"revision":7,"phases":[{"phase":"Verifying","seconds":1.5E0}]},
      "findings":["train 2.0 was not acknowledged"]})");
  EXPECT_EQ(answer.json(), expected) << answer.body;
  EXPECT_FALSE(control_.candidate);
  const auto candidate = json::serialize(wire::to_json(sample_application("shop", "3")));
  EXPECT_EQ(call("POST", "/apis/teal/v1/applications/shop/plan", candidate).status, 200);
  ASSERT_TRUE(control_.candidate);
  EXPECT_EQ(control_.candidate->spec.version, "3");
}

TEST_F(RolloutsApi, VerbsGoToControl) {
  publish("shop");
  const std::string base = "/apis/teal/v1/applications/shop/";
  const std::vector<std::pair<std::string, records::Verb>> verbs{
      {"approve", records::Verb::Approve}, {"pause", records::Verb::Pause}, {"resume", records::Verb::Resume},
      {"abort", records::Verb::Abort},     {"retry", records::Verb::Retry}, {"rollback", records::Verb::Rollback}};
  for (const auto& [word, verb] : verbs) {
    EXPECT_EQ(call("POST", base + word).status, 200) << word;
    ASSERT_TRUE(control_.asked);
    EXPECT_EQ(control_.asked->verb, verb);
    EXPECT_NE(control_.asked->by.from.find(socket_), std::string::npos);
  }
  EXPECT_EQ(call("POST", base + "rollback", R"({"toRevision": 5})").status, 200);
  EXPECT_EQ(control_.asked->to_revision, 5);
  EXPECT_EQ(call("POST", base + "rollback", R"({"toRevision": 0})").status, 400);
  EXPECT_EQ(call("POST", base + "rollback", R"({"toRevision": "5"})").status, 400);
  EXPECT_EQ(call("POST", base + "rollback", R"({"revision": 5})").status, 400);
  EXPECT_EQ(call("POST", base + "retry", R"({"toRevision": 5})").status, 400);
  EXPECT_EQ(call("POST", base + "retry", "{").status, 400);
  for (const bool on : {true, false}) {
    EXPECT_EQ(call("POST", base + "maintenance", fmt::format(R"({{"on": {}}})", on)).status, 200);
    EXPECT_EQ(control_.asked->verb, records::Verb::Maintenance);
    EXPECT_EQ(control_.asked->on, on);
  }
  for (const auto* body : {"", R"({"on": "yes"})", R"({"on": true, "off": false})"})
    EXPECT_EQ(call("POST", base + "maintenance", body).status, 400) << body;
  EXPECT_EQ(call("POST", base + "dance").status, 404);
  EXPECT_EQ(call("GET", base + "retry").status, 405);
  EXPECT_EQ(call("POST", "/apis/teal/v1/applications/nobody/retry").status, 404);
  control_.error = Error{ErrorCode::conflict, "nothing is waiting for approval"};
  EXPECT_EQ(call("POST", base + "approve").status, 409);
}

TEST_F(RolloutsApi, TheEndOfAJobNeedsItsNameAndTheApplicationsForConfirmation) {
  publish("shop");
  const std::string path = "/apis/teal/v1/applications/shop/end-job";
  const auto unconfirmed = call("POST", path, R"({"job":"default"})");
  EXPECT_EQ(unconfirmed.status, 409);
  EXPECT_THAT(unconfirmed.message(), testing::HasSubstr("teal end-job shop --job default --confirm shop"));
  for (const auto* body :
       {"", "{}", R"({"confirm":"shop"})", R"({"job":"default","confirm":"ship"})", R"({"job":"","confirm":"shop"})",
        R"({"job":7,"confirm":"shop"})", R"({"job":"default","confirm":"shop","dryRun":["All"]})"}) {
    EXPECT_EQ(call("POST", path, body).status, 400) << body;
  }
  EXPECT_FALSE(control_.asked);
  EXPECT_EQ(call("POST", path, R"({"job":"default","confirm":"shop"})").status, 200);
  ASSERT_TRUE(control_.asked);
  EXPECT_EQ(control_.asked->verb, records::Verb::EndJob);
  EXPECT_EQ(control_.asked->job, "default");
  control_.error = Error{ErrorCode::conflict, "job default of shop does not run: there is nothing to end"};
  EXPECT_EQ(call("POST", path, R"({"job":"default","confirm":"shop"})").status, 409);
}

}  // namespace
}  // namespace teal::test
