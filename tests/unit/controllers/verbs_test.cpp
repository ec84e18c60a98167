// Which verb applies in which phase, and that a verb that does not apply changes nothing and says why.
#include "controllers/rollout/verbs.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace teal::test {
namespace {

using testing::HasSubstr;

constexpr Phase phases[] = {Phase::Pending,     Phase::Preparing,        Phase::Migrating,   Phase::Starting,
                            Phase::Introducing, Phase::Verifying,        Phase::Withdrawing, Phase::Retiring,
                            Phase::Complete,    Phase::AwaitingApproval, Phase::RollingBack, Phase::RolledBack,
                            Phase::Failed,      Phase::Superseded};

const Time now{std::chrono::milliseconds{1'700'000'000'000}};

RolloutRecord in(Phase phase) {
  RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 7;
  record.standing.phase = phase;
  record.course.active = Revision{};
  if (phase == Phase::AwaitingApproval) record.standing.awaiting = Phase::Withdrawing;
  return record;
}

Result<VerbOutcome> ask(const RolloutRecord& record, Verb verb) {
  return apply_verb(record, {verb, std::nullopt, "ann"}, now);
}

// One letter a phase, in the order above: y applies, n does not.
void expect_applies(Verb verb, std::string_view wanted) {
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

TEST(Verbs, ApproveOnlyWhatWaitsForIt) { expect_applies(Verb::Approve, "nnnnnnnnnynnnn"); }
TEST(Verbs, PauseOnlyWhileTheOldServe) { expect_applies(Verb::Pause, "yyyyyynnnynnnn"); }
TEST(Verbs, ResumeOnlyWhatIsPaused) { expect_applies(Verb::Resume, "nnnnnnnnnnnnnn"); }
TEST(Verbs, AbortOnlyWhileTheOldServe) { expect_applies(Verb::Abort, "yyyyyynnnynnnn"); }
TEST(Verbs, RetryOnlyWhatGoesBackOrHasEndedWithoutSuccess) { expect_applies(Verb::Retry, "nnnnnnnnnnyyyy"); }

TEST(Verbs, RecreateCanBeAbortedUntilTheNewVersionServes) {
  for (const auto phase : {Phase::Withdrawing, Phase::Retiring}) {
    auto record = in(phase);
    record.course.strategy = Strategy::Recreate;
    EXPECT_TRUE(ask(record, Verb::Abort)) << to_string(phase);
  }
}

TEST(Verbs, PauseAndResume) {
  auto record = ask(in(Phase::Starting), Verb::Pause)->next;
  EXPECT_TRUE(record.orders.paused);
  EXPECT_FALSE(ask(record, Verb::Pause));
  record.outcome.failure = "an older failure";
  record = ask(record, Verb::Resume)->next;
  EXPECT_FALSE(record.orders.paused);
  EXPECT_EQ(record.standing.patience.since, now) << "the deadline does not count the pause";
  EXPECT_EQ(record.outcome.failure, "");
}

TEST(Verbs, AbortEndsRolledBackOrFailedWithWhoAskedForIt) {
  auto record = in(Phase::Verifying);
  record.orders.paused = true;
  auto aborted = ask(record, Verb::Abort)->next;
  EXPECT_EQ(aborted.standing.phase, Phase::RollingBack);
  EXPECT_EQ(aborted.outcome.settles_as, Phase::RolledBack);
  EXPECT_FALSE(aborted.orders.paused);
  EXPECT_EQ(aborted.outcome.failure, "aborted by ann");
  record.course.active.reset();
  EXPECT_EQ(ask(record, Verb::Abort)->next.outcome.settles_as, Phase::Failed);
}

TEST(Verbs, RetryOfAPausedRolloutGivesItsFailedJobsAnotherAttempt) {
  auto record = in(Phase::Migrating);
  record.orders.paused = true;
  record.outcome.failure = "migration job default failed";
  JobRecord done;
  done.state = JobState::Succeeded;
  JobRecord failed;
  failed.state = JobState::Unknown;
  failed.attempts = 1;
  failed.timed_out_at = now;
  record.jobs = {done, failed};
  const auto again = ask(record, Verb::Retry)->next;
  EXPECT_FALSE(again.orders.paused);
  EXPECT_EQ(again.outcome.failure, "");
  EXPECT_EQ(again.jobs[0].state, JobState::Succeeded);
  EXPECT_EQ(again.jobs[1].state, JobState::Pending);
  EXPECT_EQ(again.jobs[1].attempts, 1) << "the next attempt gets a name of its own";
  EXPECT_FALSE(again.jobs[1].timed_out_at);
}

TEST(Verbs, AbortOnceTheOldLeaveNamesRollback) {
  const auto outcome = ask(in(Phase::Withdrawing), Verb::Abort);
  ASSERT_FALSE(outcome);
  EXPECT_THAT(outcome.error().message, HasSubstr("teal rollback brings them back"));
}

std::string refusal(const RolloutRecord& record, Verb verb) {
  const auto outcome = ask(record, verb);
  return outcome ? "accepted" : outcome.error().message;
}

TEST(Verbs, AbortOfARollbackWhoseOldReplicasLeaveNamesTheWayThatIsOpenAfterItsEnd) {
  auto record = in(Phase::Retiring);
  record.course.active->number = 5;
  record.course.active->application.spec.version = "3";
  record.course.back = RollbackOrigin{};
  EXPECT_THAT(refusal(record, Verb::Abort),
              HasSubstr("once it has ended, teal rollback shop --to-revision 5 leads back to 3"));
}

TEST(Verbs, PauseSaysWhyItDoesNotApplyInEachPhase) {
  EXPECT_THAT(refusal(in(Phase::Withdrawing), Verb::Pause), HasSubstr("the old replicas are leaving"));
  EXPECT_THAT(refusal(in(Phase::RollingBack), Verb::Pause), HasSubstr("it is rolling back already"));
  for (const auto phase : {Phase::RolledBack, Phase::Complete, Phase::Failed}) {
    EXPECT_THAT(refusal(in(phase), Verb::Pause), HasSubstr("it has ended"));
  }
}

TEST(Verbs, ApproveOnceAndNotWhatIsPausedForAFailure) {
  auto record = ask(in(Phase::AwaitingApproval), Verb::Approve)->next;
  EXPECT_THAT(refusal(record, Verb::Approve), HasSubstr("it is approved already"));
  record = in(Phase::AwaitingApproval);
  record.orders.paused = true;
  EXPECT_EQ(refusal(record, Verb::Approve), "accepted") << "it counts once it is resumed";
  record.outcome.failure = "api replica 0 exited";
  EXPECT_THAT(refusal(record, Verb::Approve), HasSubstr("it is paused for a failure"));
}

}  // namespace
}  // namespace teal::test
