// What Prometheus says during the bake decides with it.
#include <gmock/gmock.h>

#include "controllers/rollout/verbs.hpp"
#include "tests/unit/controllers/world.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

spec::Analysis errors() {
  spec::Analysis analysis;
  analysis.name = "errors";
  analysis.query = "errors";
  analysis.max = 0.01;
  analysis.interval = 2s;
  return analysis;
}

World baking(const spec::Analysis& analysis, const std::function<void(World&)>& prepare = [](World&) {}) {
  World world;
  world.settle();
  world.watch_traffic();
  world.edit([&](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.analysis = {analysis};
  });
  prepare(world);
  EXPECT_TRUE(world.run_to(spec::Phase::Verifying));
  return world;
}

void expect_rolled_back(const World& world) {
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->course.active->application.spec.version, "1");
  EXPECT_GE(world.fewest_up, 2) << "the old servers stay in traffic all the time";
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::AnalysisFailed);
}

TEST(Analysis, ThatPassesLetsTheBakeEnd) {
  auto world = baking(errors());
  world.prometheus["errors"] = 0.01;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  ASSERT_EQ(world.record->analysis.size(), 1U);
  const auto& result = world.record->analysis.front();
  EXPECT_EQ(result.state, objects::AnalysisState::Passing);
  EXPECT_EQ(result.value, 0.01) << "a limit is included";
  EXPECT_EQ(result.limit, "max 0.01");
  EXPECT_TRUE(result.at);
}

TEST(Analysis, ThatFailsAsOftenAsAllowedRollsBackAndNamesQueryValueAndLimit) {
  auto world = baking(errors());
  world.prometheus["errors"] = 0.5;
  world.settle();
  expect_rolled_back(world);
  EXPECT_EQ(world.record->outcome.failure, "analysis errors: errors is 0.500000, limit max 0.01; 3 failures in a row");
  EXPECT_EQ(world.record->analysis.front().failures, 3);
}

TEST(Analysis, BelowItsMinimumFailsToo) {
  auto analysis = errors();
  analysis.max.reset();
  analysis.min = 1;
  auto world = baking(analysis, [](World& one) { one.prometheus["errors"] = 0; });
  world.settle();
  expect_rolled_back(world);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("limit min 1"));
}

TEST(Analysis, PausesInsteadWhenTheSpecSaysSoAndCountsAnewAfterARetry) {
  auto world = baking(errors(), [](World& one) {
    one.prometheus["errors"] = 0.5;
    one.edit([](spec::ApplicationSpec& spec) { spec.rollout.on_failure = spec::OnFailure::Pause; });
  });
  world.settle(1min);
  ASSERT_TRUE(world.record->orders.paused);
  EXPECT_EQ(world.phase(), spec::Phase::Verifying);
  EXPECT_THAT(world.why.message, HasSubstr("analysis errors"));
  world.prometheus["errors"] = 0;
  world.record = rollout::apply_verb(*world.record, {records::Verb::Retry, std::nullopt, "somebody"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Analysis, ThatRecoversInTimeDoesNotCount) {
  auto world = baking(errors(), [](World& one) { one.prometheus["errors"] = 0.5; });
  const auto begun = world.now;
  while (world.now < begun + 3s) world.pass();  // asked at 0 s and 2 s
  EXPECT_EQ(world.record->analysis.front().failures, 2);
  EXPECT_THAT(world.why.message, HasSubstr("2 of 3 failures"));
  world.prometheus["errors"] = 0;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Analysis, ThatIsFailingWhenTheBakeIsOverIsDecidedFirst) {
  auto analysis = errors();
  analysis.interval = 8s;  // asked at 0 s, 8 s and 16 s of a bake of 10 s
  auto world = baking(analysis, [](World& one) { one.prometheus["errors"] = 0.5; });
  const auto begun = world.now;
  while (world.now < begun + 11s) world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::Verifying);
  world.settle();
  expect_rolled_back(world);
}

TEST(Analysis, WithoutDataHoldsUntilThereIsSome) {
  auto world = baking(errors());
  const auto begun = world.now;
  while (world.now < begun + 10min) world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::Verifying);
  EXPECT_EQ(world.why.reason, spec::Reason::AnalysisWithoutData);
  EXPECT_THAT(world.why.message, StartsWith("analysis errors: errors has no data (it found nothing), limit max 0.01"));
  world.prometheus["errors"] = 0;
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
}

TEST(Analysis, HoldsNoLongerThanTheDeadlineOfThePhase) {
  auto world = baking(errors());
  world.settle(2h);
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->outcome.failure_reason, spec::Reason::DeadlineExceeded);
}

TEST(Analysis, WithoutDataPassesWhereThatIsToPass) {
  auto analysis = errors();
  analysis.on_no_data = spec::OnNoData::Pass;
  auto world = baking(analysis, [](World& one) { one.prometheus_down = true; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->analysis.front().state, objects::AnalysisState::NoData);
}

TEST(Analysis, PrometheusDownFailsWhereNoDataIsToFail) {
  auto analysis = errors();
  analysis.on_no_data = spec::OnNoData::Fail;
  auto world = baking(analysis, [](World& one) { one.prometheus_down = true; });
  world.settle();
  expect_rolled_back(world);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("has no data (no answer: connection refused), limit max 0.01"));
}

spec::Analysis comparing() {
  auto analysis = errors();
  analysis.query = "errors{revision=\"$revision\",version=\"$version\",app=\"$application\"}";
  analysis.compare_to_old = true;
  return analysis;
}

TEST(Analysis, ComparesTheNewRevisionWithTheOld) {
  for (const auto& [fresh, phase] :
       {std::pair{0.505, spec::Phase::Complete}, std::pair{0.6, spec::Phase::RolledBack}}) {
    auto world = baking(comparing(),
                        [](World& one) { one.prometheus["errors{revision=\"1\",version=\"1\",app=\"shop\"}"] = 0.5; });
    world.prometheus["errors{revision=\"2\",version=\"2\",app=\"shop\"}"] = fresh;
    world.settle();
    EXPECT_EQ(world.phase(), phase) << fresh;
    EXPECT_NEAR(world.record->analysis.front().value.value_or(9), fresh - 0.5, 1e-9);
  }
}

TEST(Analysis, HasNoDataWhenTheOldRevisionHasNone) {
  auto world =
      baking(comparing(), [](World& one) { one.prometheus["errors{revision=\"2\",version=\"2\",app=\"shop\"}"] = 0; });
  world.settle(1min);
  EXPECT_EQ(world.phase(), spec::Phase::Verifying);
  EXPECT_EQ(world.why.reason, spec::Reason::AnalysisWithoutData);
}

TEST(Analysis, HasNothingToCompareWithOnAFirstInstallation) {
  World world;
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.analysis = {comparing()}; });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::Complete);
  EXPECT_EQ(world.record->analysis.front().answer, "no old revision runs beside it to compare with");
}

TEST(Analysis, WithoutAPrometheusFailsBeforeAnythingIsDone) {
  World world;
  world.settle();
  world.has_prometheus = false;
  world.performed.clear();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.rollout.analysis = {errors()};
  });
  world.settle();
  EXPECT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.record->outcome.reason, spec::Reason::NoPrometheus);
  EXPECT_THAT(world.record->outcome.failure, HasSubstr("prometheus: {url: http://host:9090}"));
  EXPECT_TRUE(world.performed.empty());
}

TEST(Analysis, IsNotAskedBeforeTheBake) {
  World world;
  world.edit([](spec::ApplicationSpec& spec) { spec.rollout.analysis = {errors()}; });
  ASSERT_TRUE(world.run_to(spec::Phase::Introducing));
  EXPECT_TRUE(world.record->analysis.empty());
}

TEST(Analysis, KeepsAskingWhileApprovalIsWaitedFor) {
  auto world = baking(errors(), [](World& one) {
    one.prometheus["errors"] = 0;
    one.edit([](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeCutover; });
  });
  ASSERT_TRUE(world.run_to(spec::Phase::AwaitingApproval));
  world.prometheus["errors"] = 0.5;
  world.settle(1min);
  expect_rolled_back(world);
}

}  // namespace
}  // namespace teal::test
