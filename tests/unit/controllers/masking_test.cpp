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
  stage.engine.script([](const ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    behaviour.stops_after = 50ms;
    if (container.role == Role::Serve) return behaviour;
    behaviour.runs_for = 300ms;
    behaviour.exit_code = 1;
    for (const auto& [name, value] : container.env) behaviour.output += "refused with " + name + "=" + value.reveal();
    return behaviour;
  });
}

std::string all_that_is_told(const Stage& stage) {
  std::string text = stage.store.newest("shop")->failure;
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
  stage.application.spec.env["APP_PASSWORD"] = ValueSource{ValueSource::Kind::File, "/etc/shop/app", {}};
  stage.sick_images = {"id-shop:1", "id-shop:2"};
  stage.sick_answer = "503: refused with the first password";
  stage.changed_secrets["/etc/shop/app"] = "the first password";
  std::vector<std::string> told;
  stage.on_view = [&](const ApplicationView& view) {
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

}  // namespace
}  // namespace teal::test
