// C2 while secrets change: what a container says is searched for what that container got, not only for what stands
// where it came from by now.
#include <gmock/gmock.h>

#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string path = "/etc/shop/migration_password";
const std::string old_value = "the value of " + path;

// A job that prints its password and then fails.
void let_it_talk(Stage& stage) {
  stage.engine.script([](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    behaviour.stops_after = 50ms;
    if (container.role == world::Role::Serve) return behaviour;
    behaviour.runs_for = 300ms;
    behaviour.exit_code = 1;
    for (const auto& [name, value] : container.env) behaviour.output += "refused with " + name + "=" + value.reveal();
    return behaviour;
  });
}

std::string all_that_is_told(const Stage& stage) {
  std::string text = stage.store.newest("shop")->outcome.failure;
  for (const auto& stored : stage.store.all_events()) text += "\n" + stored.event.message;
  for (const auto& [rollout, logs] : stage.store.kept_logs()) {
    for (const auto& [container, log] : logs) text += "\n" + log;
  }
  return text;
}

// Simulation seed 18.
TEST(Masking, PasswordThatIsChangedWhileAJobRunsIsNotTold) {
  Stage stage;
  let_it_talk(stage);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return !stage.engine.running().empty(); }));
  stage.changed_secrets[path] = "another password";
  ASSERT_TRUE(stage.run(true));
  ASSERT_TRUE(stage.run_until([&] { return !stage.store.kept_logs().empty(); }));
  EXPECT_THAT(all_that_is_told(stage), HasSubstr("refused with DB__PASSWORD=***"));
  EXPECT_THAT(all_that_is_told(stage), Not(HasSubstr(old_value)));
}

// Simulation seed 49: replicas with a new password, and masks of a moment before.
TEST(Masking, PasswordThatOnlyTheNewestReplicasHaveIsNotTold) {
  Stage stage;
  stage.application.spec.env["APP_PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/app", {}};
  stage.sick_images = {"id-shop:1", "id-shop:2"};
  stage.sick_answer = "503: refused with the first password";
  stage.changed_secrets["/etc/shop/app"] = "the first password";
  std::vector<std::string> told;
  stage.on_view = [&](const status::ApplicationView& view) {
    told.push_back(view.status.message);
    for (const auto& component : view.status.components) {
      for (const auto& replica : component.replicas) told.push_back(replica.health);
    }
  };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] { return testing::Value(told, testing::Contains(HasSubstr("refused with ***"))); }));
  stage.changed_secrets["/etc/shop/app"] = "the second password";
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run_until([&] {
    const auto running = stage.engine.running();
    return testing::Value(running, testing::Contains(HasSubstr("api-r2")));
  }));
  stage.sick_answer = "503: refused with the second password";
  told.clear();
  ASSERT_TRUE(stage.run_until([&] { return testing::Value(told, testing::Contains(HasSubstr("refused with"))); }));
  EXPECT_THAT(told, testing::Each(Not(HasSubstr("second password"))));
}

// A component whose replicas print all that they were given, files too.
void give_secrets(Stage& stage, bool as_files) {
  auto& api = stage.application.spec.components[0];
  api.env["APP_PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/app", {}};
  api.env["API_KEY"] = spec::ValueSource{spec::ValueSource::Kind::Exec, "/bin/vault", {"/bin/vault"}};
  api.env["STORE"] =
      spec::ValueSource{spec::ValueSource::Kind::Literal, "postgres://shop:password-of-store@db/shop", {}};
  api.secrets_as_files = as_files;
  stage.engine.script([](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    behaviour.stops_after = 50ms;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 300ms;
    for (const auto* values : {&container.env, &container.files}) {
      for (const auto& [name, value] : *values) behaviour.output += name + " is " + value.reveal() + "\n";
    }
    behaviour.output += "refused with password-of-store\n";
    return behaviour;
  });
}

// The log of a replica, asked for by somebody who may see logs.
std::string log_of_a_replica(Stage& stage) {
  stage.secrets_read.clear();
  const auto log = stage.wait(stage.teald().live_log("shop", "teal-shop-api-r1-0"));
  EXPECT_TRUE(log) << log.error().message;
  EXPECT_GT(stage.made_beside, 0) << "a long log would hold up the loop";
  EXPECT_THAT(stage.secrets_read, testing::IsEmpty()) << "a request made teald read a source";
  return log ? *log : "";
}

TEST(LiveLog, ReadsNoSourceAndShowsNoSecret) {
  for (const bool as_files : {false, true}) {
    Stage stage;
    give_secrets(stage, as_files);
    stage.start_teald();
    stage.apply();
    ASSERT_TRUE(stage.run());
    stage.changed_secrets = {{"/etc/shop/app", "another one by now"}, {"/bin/vault", "another one by now"}};
    for (const bool restarted : {false, true}) {
      if (restarted) {
        stage.start_teald();
        ASSERT_TRUE(stage.run());
      }
      const auto log = log_of_a_replica(stage);
      EXPECT_THAT(log, HasSubstr("APP_PASSWORD is ***\n"));
      EXPECT_THAT(log, HasSubstr("API_KEY is ***\n"));
      EXPECT_THAT(log, HasSubstr("STORE is postgres://shop:***@db/shop\n"));
      EXPECT_THAT(log, HasSubstr("refused with ***\n"));
      EXPECT_THAT(log, Not(HasSubstr("the value of")));
    }
  }
}

TEST(LiveLog, ShowsNoRestOfASecretWhereItBegins) {
  Stage stage;
  give_secrets(stage, false);
  stage.changed_secrets["/etc/shop/app"] = std::string(2000, 'x') + "the end of it";
  stage.engine.script([](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    behaviour.stops_after = 50ms;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 300ms;
    for (const auto& [name, value] : container.env) {
      if (name == "APP_PASSWORD") behaviour.output = value.reveal() + std::string(records::kept_log_bytes - 7, '.');
    }
    return behaviour;
  });
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  const auto log = log_of_a_replica(stage);
  EXPECT_EQ(log.substr(0, 4), "***.");
  EXPECT_THAT(log, Not(HasSubstr("end of it")));
}

// After the host was restarted, for one.
TEST(LiveLog, IsNotShownWhenNobodyKnowsWhatTheContainerWasGiven) {
  Stage stage;
  give_secrets(stage, true);
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  stage.engine.lose_files();
  stage.start_teald();
  ASSERT_TRUE(stage.run());
  stage.secrets_read.clear();
  const auto log = stage.wait(stage.teald().live_log("shop", "teal-shop-api-r1-0"));
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message,
              HasSubstr("cannot be searched for secrets, so it is not shown: the files with secrets"));
  EXPECT_THAT(stage.secrets_read, testing::IsEmpty());
  // Nor is it kept; but the container does not stay for that.
  stage.application.spec.version = "2";
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_THAT(all_that_is_told(stage), HasSubstr("(its output is not kept, since it cannot be searched for secrets"));
  EXPECT_THAT(all_that_is_told(stage), Not(HasSubstr("the value of")));
}

// A load balancer whose checks are answered with what the container was given.
class ToldByChecks final : public ports::LoadBalancer {
 public:
  ToldByChecks(ports::LoadBalancer& behind, std::string words) : behind_(behind), words_(std::move(words)) {}

  boost::asio::awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    auto found = co_await behind_.servers(std::move(backend));
    if (!found) co_return found;
    for (auto& server : *found) {
      if (!server.check_passed) server.check = "DOWN L7STS " + words_;
    }
    co_return found;
  }
  boost::asio::awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    return behind_.attach(std::move(backend), std::move(spec));
  }
  boost::asio::awaitable<Result<void>> admit(std::string backend, std::string name) override {
    return behind_.admit(std::move(backend), std::move(name));
  }
  boost::asio::awaitable<Result<void>> drain(std::string backend, std::string name) override {
    return behind_.drain(std::move(backend), std::move(name));
  }
  boost::asio::awaitable<Result<void>> detach(std::string backend, std::string name, bool cut) override {
    return behind_.detach(std::move(backend), std::move(name), cut);
  }

 private:
  ports::LoadBalancer& behind_;
  std::string words_;
};

TEST(Masking, WhatALoadBalancersCheckWasAnsweredIsNotTold) {
  Stage stage;
  give_secrets(stage, false);
  ToldByChecks balancer{stage.balancer, "Token the value of /etc/shop/app is bad"};
  stage.behind_balancer = &balancer;
  std::vector<std::string> told;
  stage.on_view = [&](const status::ApplicationView& view) { told.push_back(view.status.message); };
  stage.start_teald();
  stage.apply();
  ASSERT_TRUE(stage.run());
  EXPECT_THAT(told, testing::Contains(HasSubstr("DOWN L7STS Token *** is bad")));
  EXPECT_THAT(told, testing::Each(Not(HasSubstr("the value of"))));
}

}  // namespace
}  // namespace teal::test
