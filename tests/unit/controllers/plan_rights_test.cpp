// What `teal plan` says of rights and secrets.
#include <gmock/gmock.h>

#include "controllers/plan/make_plan.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

objects::Plan plan_of(const std::function<void(spec::ApplicationSpec&)>& edit) {
  World world;
  world.settle();
  world.edit(edit);
  plan::PlanFacts facts;
  facts.image = world::Image{"id-2", "digest-2"};
  return make_plan(world.desired, world.record, facts, world.now);
}

TEST(PlanRights, SaysWhatTheProcessesMayDo) {
  const auto plan = plan_of([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].security.user = "1000";
    spec.migration.jobs[0].security.no_new_privileges = false;
    spec::Job hook;
    hook.name = "smoke";
    hook.command = {"./smoke"};
    hook.security.drop = {"ALL"};
    spec.hooks.before_cutover.push_back(hook);
  });
  const auto said = [&](std::string_view object) {
    for (const auto& step : plan.steps) {
      if (step.object == object) return step.message;
    }
    return std::string{};
  };
  EXPECT_THAT(said("teal-shop-api-r2-0"), HasSubstr("(as user 1000, no new privileges)"));
  EXPECT_THAT(said("teal-shop-worker-r2-0"), HasSubstr("(no new privileges)"));
  EXPECT_THAT(said("teal-shop-default-r2-1"), HasSubstr("; new privileges allowed"));
  EXPECT_THAT(said("teal-shop-smoke-r2-1"), HasSubstr("; no new privileges, without ALL"));
  EXPECT_THAT(plan.changes, Contains(spec::FieldChange{"spec.components[api].security.user", "(none)", "1000"}));
}

TEST(PlanRights, AdvisesAgainstSecretsThatAreWrittenInTheManifest) {
  const auto plan = plan_of([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.env["API_KEY"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "hunter2", {}};
    spec.migration.jobs[0].command = {"migrate", "--password", "hunter2"};
    spec.components[0].health.path = "/health?token=hunter2";
  });
  EXPECT_THAT(plan.findings, Contains(HasSubstr("secrets are written in the manifest: better {fromFile: …}: "
                                                "spec.env.API_KEY, spec.migration.jobs[0].command[2], ")));
  EXPECT_EQ(plan.jobs.front().command, "migrate --password ***");
  std::string all = plan.summary;
  for (const auto& step : plan.steps) all += "\n" + step.message;
  for (const auto& change : plan.changes) all += "\n" + change.path + change.from + change.to;
  EXPECT_THAT(all, HasSubstr("/health?token=***"));
  EXPECT_THAT(all, HasSubstr("spec.env.API_KEY"));
  EXPECT_THAT(all, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace teal::test
