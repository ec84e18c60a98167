// A manifest that was refused because of another application is in force once that one has changed, whatever failed in
// between, and one application's trouble is no other's.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "manifests/wire/json.hpp"
#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

class JudgedAgain : public testing::Test {
 protected:
  void SetUp() override {
    stage.start_teald();
    save("/m/a.yaml", version("1"));
    ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  }

  spec::Application version(const std::string& wanted) {
    auto application = stage.application;
    application.spec.version = wanted;
    return application;
  }

  static admission::ManifestState state(const std::string& path, const spec::Application& application) {
    return {path, true, boost::json::serialize(wire::to_json(application)), ""};
  }

  Result<void> tell(std::vector<admission::ManifestState> files, bool complete = false) {
    return stage.wait(stage.teald().manifests_changed(std::move(files), complete));
  }
  void save(const std::string& path, const spec::Application& application) {
    ASSERT_TRUE(tell({state(path, application)}));
  }
  void remove(const std::string& path) { ASSERT_TRUE(tell({{path, false, "", ""}})); }

  // As the dispatcher does it for a while, whether the application is there or not.
  void pass(int times) {
    for (int i = 0; i < times; ++i) {
      static_cast<void>(stage.wait(stage.teald().reconcile("shop")));
      stage.clock.time += std::chrono::seconds{1};
    }
  }

  Stage stage;
};

TEST_F(JudgedAgain, ANewNameIsRolledOutOnceTheOldOneIsGone) {
  save("/m/b.yaml", version("2"));
  EXPECT_EQ(stage.store.application("shop")->application.spec.version, "1");
  remove("/m/a.yaml");
  stage.application = version("2");
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_EQ(stage.store.application("shop")->file, "/m/b.yaml");
  EXPECT_EQ(stage.view()->status.active_version, "2");
}

TEST_F(JudgedAgain, ARestartBetweenTheTwoMakesNoDifference) {
  save("/m/b.yaml", version("2"));
  stage.start_teald();
  ASSERT_TRUE(tell({state("/m/a.yaml", version("1")), state("/m/b.yaml", version("2"))}, true));
  EXPECT_EQ(stage.store.application("shop")->file, "/m/a.yaml");
  remove("/m/a.yaml");
  EXPECT_EQ(stage.store.application("shop")->file, "/m/b.yaml");
  EXPECT_EQ(stage.store.application("shop")->application.spec.version, "2");
}

TEST_F(JudgedAgain, AFileThatIsThereIsInForceOnceItsApplicationHasBeenDeleted) {
  remove("/m/a.yaml");
  ASSERT_TRUE(stage.wait(stage.teald().remove("shop", "ann")));
  save("/m/a.yaml", version("2"));
  EXPECT_TRUE(stage.store.application("shop")->deleting);
  stage.application = version("2");
  ASSERT_TRUE(stage.run_until([&] {
    const auto* record = stage.store.application("shop");
    return record != nullptr && !record->deleting;
  }));
  EXPECT_EQ(stage.store.application("shop")->application.spec.version, "2");
  EXPECT_EQ(stage.store.application("shop")->generation, 1) << "it is a new one";
}

TEST_F(JudgedAgain, AStoreThatFailsMeanwhileIsAskedAgain) {
  remove("/m/a.yaml");
  ASSERT_TRUE(stage.wait(stage.teald().remove("shop", "ann")));
  save("/m/a.yaml", version("2"));
  stage.store.inject(FakeStore::Fault::Fail, 1, "put");
  ASSERT_TRUE(stage.run_until([&] { return stage.store.application("shop") == nullptr; }));
  pass(5);
  ASSERT_NE(stage.store.application("shop"), nullptr);
  EXPECT_FALSE(stage.store.application("shop")->deleting);
}

TEST_F(JudgedAgain, ABackendThatIsGivenUpIsFreeOnceNothingRunsBehindItAnyMore) {
  auto blog = version("1");
  blog.name = "blog";
  save("/m/blog.yaml", blog);
  EXPECT_EQ(stage.store.application("blog"), nullptr);
  stage.balancer.add_backend("another");
  auto moved = version("2");
  moved.spec.components.front().load_balancer->backend = "another";
  save("/m/a.yaml", moved);
  EXPECT_EQ(stage.store.application("blog"), nullptr) << "version 1 serves there";
  stage.application = moved;
  bool was_early = false;
  ASSERT_TRUE(stage.run_until([&] {
    const auto* newest = stage.store.newest("shop");
    const bool is_done = newest != nullptr && newest->course.active->application.spec.version == "2";
    was_early = was_early || (stage.store.application("blog") != nullptr && !is_done);
    return is_done && stage.store.application("blog") != nullptr;
  })) << stage.view()->status.message;
  EXPECT_FALSE(was_early);
}

TEST_F(JudgedAgain, PlanRefusesWhatBelongsToAnother) {
  auto blog = stage.application;
  blog.name = "blog";
  const auto plan = stage.wait(stage.teald().plan("blog", blog, true));
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().code, ErrorCode::conflict);
  EXPECT_THAT(plan.error().message, HasSubstr("belongs to application shop"));
  const auto applied = stage.wait(stage.teald().apply(blog, "ann", true));
  ASSERT_FALSE(applied) << "dryRun";
  EXPECT_THAT(applied.error().message, HasSubstr("belongs to application shop"));
}

TEST_F(JudgedAgain, ATimeZoneThatTheSystemHasLostHoldsUpNobodyElse) {
  auto record = *stage.store.application("shop");
  spec::Window window;
  window.timezone = "Europe/Atlantis";
  window.from_minute = 0;
  window.to_minute = 1439;
  record.application.spec.rollout.windows = {window};
  record.application.spec.version = "2";
  record.generation += 1;
  ASSERT_TRUE(stage.wait(stage.store.put(record, {})));
  stage.start_teald();
  for (int i = 0; i < 20; ++i) stage.run(true, 1);
  EXPECT_EQ(stage.view()->status.active_version, "1");
  EXPECT_THAT(stage.view()->status.message, HasSubstr("no time zone Europe/Atlantis any more"));
  EXPECT_EQ(stage.view()->rollout->standing.phase, spec::Phase::Pending);
  stage.application = version("2");
  save("/m/a.yaml", stage.application);
  ASSERT_TRUE(stage.run()) << stage.view()->status.message;
  EXPECT_EQ(stage.view()->status.active_version, "2");
}

}  // namespace
}  // namespace teal::test
