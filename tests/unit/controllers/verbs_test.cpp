// Which verb applies in which phase, and that a verb that does not apply changes nothing and says why.
#include "controllers/rollout/verbs.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace teal::test {
namespace {

using testing::HasSubstr;

constexpr spec::Phase phases[] = {spec::Phase::Pending,          spec::Phase::Preparing,   spec::Phase::Migrating,
                                  spec::Phase::Starting,         spec::Phase::Introducing, spec::Phase::Verifying,
                                  spec::Phase::Withdrawing,      spec::Phase::Retiring,    spec::Phase::Complete,
                                  spec::Phase::AwaitingApproval, spec::Phase::RollingBack, spec::Phase::RolledBack,
                                  spec::Phase::Failed,           spec::Phase::Superseded};

const Time now{std::chrono::milliseconds{1'700'000'000'000}};

records::RolloutRecord in(spec::Phase phase) {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 7;
  record.standing.phase = phase;
  record.course.active = records::Revision{};
  if (phase == spec::Phase::AwaitingApproval) record.standing.awaiting = spec::Phase::Withdrawing;
  return record;
}

Result<rollout::VerbOutcome> ask(const records::RolloutRecord& record, records::Verb verb) {
  return rollout::apply_verb(record, {verb, std::nullopt, "ann"}, now);
}

// One letter a phase, in the order above: y applies, n does not.
void expect_applies(records::Verb verb, std::string_view wanted) {
  std::size_t i = 0;
  for (const auto phase : phases) {
    const auto outcome = ask(in(phase), verb);
    EXPECT_EQ(outcome.has_value(), wanted[i++] == 'y') << to_string(phase);
    if (outcome) {
      EXPECT_EQ(outcome->event.object, "Rollout/shop-7");
      EXPECT_EQ(outcome->event.message, "asked for by ann");
    } else {
      EXPECT_EQ(outcome.error().code, ErrorCode::conflict);
      EXPECT_THAT(outcome.error().message, HasSubstr(fmt::format("shop-7 ({})", to_string(phase))));
    }
  }
}

TEST(Verbs, MaintenanceIsOfWhatHasRoutesAndInEveryPhase) {
  records::VerbRequest request;
  request.verb = records::Verb::Maintenance;
  request.on = true;
  for (const auto phase : phases) {
    auto record = in(phase);
    const auto refused = rollout::apply_verb(record, request, now);
    ASSERT_FALSE(refused) << to_string(phase);
    EXPECT_THAT(refused.error().message, HasSubstr("shop has no routes"));
    spec::Component api;
    api.load_balancer.emplace().routes.emplace_back();
    record.course.target.application.spec.components.push_back(api);
    const auto on = rollout::apply_verb(record, request, now);
    ASSERT_TRUE(on) << on.error().message;
    EXPECT_TRUE(on->next.orders.maintenance);
    EXPECT_EQ(on->next.standing.phase, phase);
    EXPECT_EQ(on->event.reason, spec::Reason::MaintenanceBegan);
    const auto again = rollout::apply_verb(on->next, request, now);
    ASSERT_FALSE(again);
    EXPECT_THAT(again.error().message, HasSubstr("already"));
    auto end = request;
    end.on = false;
    const auto off = rollout::apply_verb(on->next, end, now);
    ASSERT_TRUE(off) << off.error().message;
    EXPECT_FALSE(off->next.orders.maintenance);
    EXPECT_EQ(off->event.reason, spec::Reason::MaintenanceEnded);
  }
}

TEST(Verbs, ApproveOnlyWhatWaitsForIt) { expect_applies(records::Verb::Approve, "nnnnnnnnnynnnn"); }
TEST(Verbs, PauseOnlyWhileTheOldServe) { expect_applies(records::Verb::Pause, "yyyyyynnnynnnn"); }
TEST(Verbs, ResumeOnlyWhatIsPaused) { expect_applies(records::Verb::Resume, "nnnnnnnnnnnnnn"); }
TEST(Verbs, AbortOnlyWhileTheOldServe) { expect_applies(records::Verb::Abort, "yyyyyynnnynnnn"); }
TEST(Verbs, RetryOnlyWhatGoesBackOrHasEndedWithoutSuccess) { expect_applies(records::Verb::Retry, "nnnnnnnnnnyyyy"); }

TEST(Verbs, RecreateCanBeAbortedUntilTheNewVersionServes) {
  for (const auto phase : {spec::Phase::Withdrawing, spec::Phase::Retiring}) {
    auto record = in(phase);
    record.course.strategy = spec::Strategy::Recreate;
    EXPECT_TRUE(ask(record, records::Verb::Abort)) << to_string(phase);
  }
}

TEST(Verbs, PauseAndResume) {
  auto record = ask(in(spec::Phase::Starting), records::Verb::Pause)->next;
  EXPECT_TRUE(record.orders.paused);
  EXPECT_FALSE(ask(record, records::Verb::Pause));
  record.outcome.failure = "an older failure";
  record = ask(record, records::Verb::Resume)->next;
  EXPECT_FALSE(record.orders.paused);
  EXPECT_EQ(record.standing.patience.since, now) << "the deadline does not count the pause";
  EXPECT_EQ(record.outcome.failure, "");
}

TEST(Verbs, AbortEndsRolledBackOrFailedWithWhoAskedForIt) {
  auto record = in(spec::Phase::Verifying);
  record.orders.paused = true;
  auto aborted = ask(record, records::Verb::Abort)->next;
  EXPECT_EQ(aborted.standing.phase, spec::Phase::RollingBack);
  EXPECT_EQ(aborted.outcome.settles_as, spec::Phase::RolledBack);
  EXPECT_FALSE(aborted.orders.paused);
  EXPECT_EQ(aborted.outcome.failure, "aborted by ann");
  record.course.active.reset();
  EXPECT_EQ(ask(record, records::Verb::Abort)->next.outcome.settles_as, spec::Phase::Failed);
}

TEST(Verbs, RetryOfAPausedRolloutGivesItsFailedJobsAnotherAttempt) {
  auto record = in(spec::Phase::Migrating);
  record.orders.paused = true;
  record.outcome.failure = "migration job default failed";
  records::JobRecord done;
  done.state = records::JobState::Succeeded;
  records::JobRecord failed;
  failed.state = records::JobState::Unknown;
  failed.attempts = 1;
  failed.timed_out_at = now;
  record.jobs = {done, failed};
  const auto again = ask(record, records::Verb::Retry)->next;
  EXPECT_FALSE(again.orders.paused);
  EXPECT_EQ(again.outcome.failure, "");
  EXPECT_EQ(again.jobs[0].state, records::JobState::Succeeded);
  EXPECT_EQ(again.jobs[1].state, records::JobState::Pending);
  EXPECT_EQ(again.jobs[1].attempts, 1) << "the next attempt gets a name of its own";
  EXPECT_FALSE(again.jobs[1].timed_out_at);
}

TEST(Verbs, AbortOnceTheOldLeaveNamesRollback) {
  const auto outcome = ask(in(spec::Phase::Withdrawing), records::Verb::Abort);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("teal rollback brings them back"));
}

std::string refusal(const records::RolloutRecord& record, records::Verb verb) {
  const auto outcome = ask(record, verb);
  return outcome ? "accepted" : outcome.error().message;
}

TEST(Verbs, AbortOfARollbackWhoseOldReplicasLeaveNamesTheWayThatIsOpenAfterItsEnd) {
  auto record = in(spec::Phase::Retiring);
  record.course.active->number = 5;
  record.course.active->application.spec.version = "3";
  record.course.back = records::RollbackOrigin{};
  EXPECT_THAT(refusal(record, records::Verb::Abort),
              HasSubstr("once it has ended, teal rollback shop --to-revision 5 leads back to 3"));
}

TEST(Verbs, PauseSaysWhyItDoesNotApplyInEachPhase) {
  EXPECT_THAT(refusal(in(spec::Phase::Withdrawing), records::Verb::Pause), HasSubstr("the old replicas are leaving"));
  EXPECT_THAT(refusal(in(spec::Phase::RollingBack), records::Verb::Pause), HasSubstr("it is rolling back already"));
  for (const auto phase : {spec::Phase::RolledBack, spec::Phase::Complete, spec::Phase::Failed}) {
    EXPECT_THAT(refusal(in(phase), records::Verb::Pause), HasSubstr("it has ended"));
  }
}

TEST(Verbs, ApproveOnceAndNotWhatIsPausedForAFailure) {
  auto record = ask(in(spec::Phase::AwaitingApproval), records::Verb::Approve)->next;
  EXPECT_THAT(refusal(record, records::Verb::Approve), HasSubstr("it is approved already"));
  record = in(spec::Phase::AwaitingApproval);
  record.orders.paused = true;
  EXPECT_EQ(refusal(record, records::Verb::Approve), "accepted") << "it counts once it is resumed";
  record.outcome.failure = "api replica 0 exited";
  EXPECT_THAT(refusal(record, records::Verb::Approve), HasSubstr("it is paused for a failure"));
}

}  // namespace
}  // namespace teal::test
