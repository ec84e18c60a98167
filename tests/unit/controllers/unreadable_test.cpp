// What cannot be read in the store: its application says so and is left alone, every other one goes on, and a manifest
// that is saved again is in force.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "controllers/admission/adopt.hpp"
#include "manifests/wire/json.hpp"
#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr const char* file = "/etc/teal/manifests/shop.yaml";

admission::ManifestState manifest(const spec::Application& application) {
  admission::ManifestState state;
  state.path = file;
  state.text = boost::json::serialize(wire::to_json(application));
  return state;
}

class UnreadableTest : public testing::Test {
 protected:
  void SetUp() override {
    stage.start_teald();
    save();
    ASSERT_TRUE(stage.run()) << stage.view()->status.message;
    stage.fewest_up = 1000;
  }

  void save() {
    const auto saved = stage.wait(stage.teald().manifests_changed({manifest(stage.application)}, false));
    ASSERT_TRUE(saved) << saved.error().message;
  }

  // As teald does it when it starts: the store, then all files that there are.
  void restart() {
    stage.start_teald();
    const auto told = stage.wait(stage.teald().manifests_changed({manifest(stage.application)}, true));
    ASSERT_TRUE(told) << told.error().message;
    pass(10);
  }

  void pass(int times) {
    for (int i = 0; i < times; ++i) stage.run(true, 1);
  }

  std::string condition(const std::string& type) {
    const auto status = stage.view()->status;  // a copy: the view may go
    for (const auto& one : status.conditions) {
      if (one.type == type) return one.status + " " + std::string{to_string(one.reason)};
    }
    return "none";
  }

  std::vector<std::string> ids() {
    std::vector<std::string> all;
    for (const auto& [id, stored] : stage.engine.containers()) all.push_back(id);
    return all;
  }

  std::size_t warnings() {
    std::size_t count = 0;
    for (const auto& stored : stage.store.all_events())
      count += stored.event.reason == spec::Reason::StoredSpecUnreadable ? 1 : 0;
    return count;
  }

  void expect_held(const std::vector<std::string>& before) {
    EXPECT_EQ(condition("StoredSpecUnreadable"), "True StoredSpecUnreadable");
    EXPECT_EQ(condition("Ready"), "Unknown StoredSpecUnreadable");
    EXPECT_EQ(stage.view()->status.phase, "Degraded");
    EXPECT_THAT(stage.view()->status.message, HasSubstr(std::string{"save its manifest "} + file + " again"));
    EXPECT_EQ(ids(), before) << "nothing is started or stopped";
    EXPECT_EQ(warnings(), 1u);
  }

  Stage stage;
};

TEST_F(UnreadableTest, ASpecSaysSoAndIsLeftAloneUntilItsManifestIsSaved) {
  const auto before = ids();
  stage.store.spoil_application("shop");
  restart();
  expect_held(before);
  EXPECT_TRUE(stage.teald().readiness().ready) << "the rest of teald is ready";

  save();
  pass(50);
  EXPECT_EQ(condition("StoredSpecUnreadable"), "none");
  EXPECT_EQ(stage.view()->status.phase, "Healthy") << stage.view()->status.message;
  EXPECT_EQ(stage.view()->record.generation, 2);
  EXPECT_EQ(ids(), before) << "it is the same spec";
  ASSERT_NE(stage.store.application("shop"), nullptr);
  EXPECT_EQ(stage.store.application("shop")->application, stage.application);

  stage.application.spec.version = "2";
  save();
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
}

TEST_F(UnreadableTest, AnotherSpecThatIsSavedIsRolledOut) {
  stage.store.spoil_application("shop");
  restart();
  stage.application.spec.version = "2";
  save();
  EXPECT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_GE(stage.fewest_up, 2) << "T1";
}

TEST_F(UnreadableTest, VerbsAreRefusedWithWhatToDo) {
  stage.store.spoil_application("shop");
  restart();
  const auto expect_refused = [](const auto& result) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::conflict);
    EXPECT_THAT(result.error().message, HasSubstr("cannot be read"));
  };
  for (const auto verb : {records::Verb::Pause, records::Verb::Retry, records::Verb::Rollback}) {
    records::VerbRequest request;
    request.verb = verb;
    expect_refused(stage.wait(stage.teald().request("shop", request)));
  }
  expect_refused(stage.wait(stage.teald().plan("shop", std::nullopt, true)));
  expect_refused(stage.wait(stage.teald().preflight("shop")));
  expect_refused(stage.wait(stage.teald().live_log("shop", "teal-shop-api-r1-0")));
  // Its file owns it; without that it is not known what is to be removed.
  EXPECT_FALSE(stage.wait(stage.teald().remove("shop", records::Requester{})));
}

TEST_F(UnreadableTest, ARolloutSaysSoAndWhatRunsIsAdopted) {
  const auto before = ids();
  stage.store.spoil_newest("shop");
  restart();
  expect_held(before);

  save();
  pass(50);
  EXPECT_EQ(stage.view()->status.phase, "Healthy") << stage.view()->status.message;
  EXPECT_EQ(ids(), before);
  const auto migrated = stage.migrations_started;
  stage.application.spec.components[0].command = {"serve", "--anew"};
  save();
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_EQ(stage.view()->rollout->course.target.number, 2);
  EXPECT_EQ(stage.migrations_started, migrated) << "the ledger has it";
  EXPECT_GE(stage.fewest_up, 2) << "T1";
}

TEST_F(UnreadableTest, ARolloutIsHeldWhenItIsNotCertainWhatRuns) {
  const auto before = ids();
  const auto lose = [](records::UnreadableRollout& rollout) {
    rollout.target.reset();
    rollout.active.reset();
  };
  stage.store.spoil_newest("shop", lose);
  restart();
  save();
  pass(10);
  EXPECT_THAT(stage.view()->status.message, HasSubstr("containers of revision 1 run, and nothing on record says what"));
  EXPECT_EQ(ids(), before);
  for (const auto& name : stage.engine.running()) stage.engine.vanish(name);
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_EQ(stage.view()->rollout->course.target.number, 2) << "it is installed anew";
}

TEST_F(UnreadableTest, AnApplicationOfTheApiIsAppliedAgain) {
  const auto shop = stage.application;
  stage.balancer.add_backend("blog_api");
  auto blog = shop;
  blog.name = "blog";
  blog.spec.components.front().load_balancer->backend = "blog_api";
  stage.application = blog;
  const auto applied = stage.wait(stage.teald().apply(stage.application, records::Requester{}, false));
  ASSERT_TRUE(applied) << applied.error().message;
  stage.application = shop;
  pass(200);
  stage.store.spoil_application("blog");
  restart();
  stage.application = blog;
  const auto again_applied = stage.wait(stage.teald().apply(stage.application, records::Requester{}, false));
  ASSERT_TRUE(again_applied) << again_applied.error().message;
  const auto again = stage.wait(stage.store.unreadable_applications());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
}

// What is certain, and what is not.
class Adoption : public testing::Test {
 protected:
  Adoption() {
    desired.application.name = "shop";
    desired.application.spec.version = "3";
    spec::Job job;
    job.name = "default";
    desired.application.spec.migration.jobs = {job};
    records::UnreadableRollout newest;
    newest.revision = 7;
    newest.version = 12;
    newest.target = revision(7);
    newest.active = revision(6);
    newest.phase = spec::Phase::Starting;
    newest.jobs = std::vector<records::JobRecord>{};
    facts.unreadable = {newest};
    facts.containers = {replica(6, 0), replica(6, 1)};
  }

  static records::Revision revision(int number) {
    records::Revision revision;
    revision.number = number;
    revision.image_id = "id-" + std::to_string(number);
    revision.application.name = "shop";
    revision.application.spec.version = std::to_string(number);
    return revision;
  }

  static world::Container replica(int revision, int index) {
    world::Container container;
    container.name = spec::container_name("shop", "api", revision, index);
    container.revision = revision;
    container.image_id = "id-" + std::to_string(revision);
    container.state = world::ContainerState::Running;
    return container;
  }

  std::string refusal() {
    const auto record = admission::adopted(desired, facts, Time{});
    return record ? "adopted" : record.error().message;
  }

  records::ApplicationRecord desired;
  admission::AdoptionFacts facts;
};

TEST_F(Adoption, TakesTheOneRevisionThatServes) {
  const auto record = admission::adopted(desired, facts, Time{});
  ASSERT_TRUE(record) << record.error().message;
  EXPECT_EQ(record->course.active, revision(6));
  EXPECT_EQ(record->course.target.number, 7) << "the next one is the eighth";
  EXPECT_EQ(record->standing.phase, spec::Phase::Superseded);
  EXPECT_EQ(record->version, 12u);
}

TEST_F(Adoption, IsRefusedWhileTwoRevisionsRun) {
  facts.containers.push_back(replica(7, 0));
  EXPECT_THAT(refusal(), HasSubstr("containers of revisions 6, 7 run"));
}

TEST_F(Adoption, IsRefusedWhenTheImageIsAnother) {
  facts.containers[1].image_id = "id-other";
  EXPECT_THAT(refusal(), HasSubstr("nothing on record says what that is"));
}

TEST_F(Adoption, IsRefusedWhenAMigrationMayHaveRunUnnoticed) {
  auto container = replica(7, 1);
  container.role = world::Role::Migrate;
  container.state = world::ContainerState::Exited;
  facts.containers.push_back(container);
  EXPECT_THAT(refusal(), HasSubstr("what it has done is not on record"));
  facts.containers.pop_back();
  records::JobRecord job;
  job.state = records::JobState::Unknown;
  facts.unreadable[0].jobs = std::vector{job};
  EXPECT_THAT(refusal(), HasSubstr("whether revision 7 has migrated is not known"));
  facts.unreadable[0].jobs.reset();
  EXPECT_THAT(refusal(), HasSubstr("whether revision 7 has migrated is not known"));
  desired.application.spec.migration.jobs.clear();
  EXPECT_EQ(refusal(), "adopted");
}

TEST_F(Adoption, KnowsRevisionsFromTheHistory) {
  facts.unreadable[0].active.reset();
  EXPECT_THAT(refusal(), HasSubstr("nothing on record"));
  records::RolloutRecord before;
  before.course.target = revision(6);
  before.course.active = revision(6);
  facts.history = {before};
  EXPECT_EQ(refusal(), "adopted");
}

}  // namespace
}  // namespace teal::test
