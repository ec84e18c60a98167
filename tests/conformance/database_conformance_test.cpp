// What every database promises (controllers/ports/database.hpp), asked of the fake and of PostgreSQL alike.
#include <gmock/gmock.h>

#include "tests/conformance/database_rigs.hpp"

namespace teal::test {
namespace {

using Make = std::unique_ptr<DatabaseRig> (*)();

class DatabaseContract : public ::testing::TestWithParam<Make> {
 protected:
  void SetUp() override { rig_ = GetParam()(); }
  void TearDown() override { rig_.reset(); }

  ports::Database& ours() { return rig_->ours(); }
  ports::Database& theirs() { return rig_->theirs(); }
  DatabaseRig& rig() { return *rig_; }

  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  // A view that must be there.
  world::DatabaseView view(boost::asio::awaitable<Result<world::DatabaseView>> call) {
    auto result = wait(std::move(call));
    EXPECT_TRUE(result) << result.error().message;
    return result ? *result : world::DatabaseView{};
  }
  world::DatabaseView locked(ports::LedgerKey key = ledger_key()) {
    return view(ours().lock(rig().access(), std::move(key)));
  }

 private:
  boost::asio::io_context loop_;
  std::unique_ptr<DatabaseRig> rig_;
};

TEST_P(DatabaseContract, OneTealHoldsTheLockAndTheOtherSeesWho) {
  EXPECT_TRUE(locked().held);
  EXPECT_TRUE(locked().held) << "once more is success";
  const auto seen = view(theirs().lock(rig().access(), ledger_key(1, "owner-2")));
  EXPECT_FALSE(seen.held);
  ASSERT_TRUE(seen.holder);
  EXPECT_EQ(seen.holder->user, "migration");
  EXPECT_THAT(seen.holder->program, testing::HasSubstr("teal"));
  ASSERT_TRUE(wait(ours().unlock(rig().access(), ledger_key())));
  EXPECT_TRUE(view(theirs().lock(rig().access(), ledger_key(1, "owner-2"))).held);
}

TEST_P(DatabaseContract, TheLockIsOneADatabaseWhateverTheApplication) {
  EXPECT_TRUE(locked().held);
  auto till = ledger_key();
  till.application = "till";
  const auto seen = locked(till);
  EXPECT_FALSE(seen.held) << "another application of the same Teal";
  ASSERT_TRUE(seen.holder);
  EXPECT_THAT(seen.holder->program, testing::HasSubstr("teal shop"));
  const auto begun = wait(ours().begin(rig().access(), till));
  ASSERT_FALSE(begun);
  EXPECT_EQ(begun.error().code, ErrorCode::conflict);
  ASSERT_TRUE(wait(ours().unlock(rig().access(), till)));
  EXPECT_TRUE(wait(ours().confirm(rig().access(), ledger_key()))) << "what another gives back is not this one's";
  ASSERT_TRUE(wait(ours().unlock(rig().access(), ledger_key())));
  EXPECT_TRUE(locked(till).held);
}

TEST_P(DatabaseContract, JobsOfOneApplicationHandTheLockOn) {
  EXPECT_TRUE(locked().held);
  auto backup = ledger_key();
  backup.job = "backup";
  const auto seen = view(ours().look(rig().access(), backup));
  EXPECT_FALSE(seen.held) << "not for this job yet";
  EXPECT_FALSE(seen.holder) << "nobody stands in its way";
  EXPECT_TRUE(locked(backup).held);
  ASSERT_TRUE(wait(ours().unlock(rig().access(), ledger_key())));
  EXPECT_TRUE(wait(ours().confirm(rig().access(), backup)));
  EXPECT_FALSE(view(theirs().lock(rig().access(), ledger_key(1, "owner-2"))).held);
}

TEST_P(DatabaseContract, WhatAnotherApplicationLeftOpenIsSeenAndNotClosed) {
  auto till = ledger_key();
  till.application = "till";
  locked(till);
  view(ours().begin(rig().access(), till));
  ASSERT_TRUE(wait(ours().unlock(rig().access(), till)));
  auto seen = locked();
  ASSERT_EQ(seen.others.size(), 1U);
  EXPECT_EQ(seen.others[0].application, "till");
  EXPECT_EQ(seen.others[0].job, "default");
  EXPECT_TRUE(seen.rows.empty());
  view(ours().abandon(rig().access(), ledger_key()));
  EXPECT_EQ(view(ours().begin(rig().access(), ledger_key())).others.size(), 1U);
}

TEST_P(DatabaseContract, TheLockGoesWithTheTealThatHeldIt) {
  EXPECT_TRUE(view(theirs().lock(rig().access(), ledger_key(1, "owner-2"))).held);
  rig().kill_theirs();
  auto seen = locked();
  for (int i = 0; i < 50 && !seen.held; ++i) seen = locked();  // the server notices in its own time
  EXPECT_TRUE(seen.held);
}

TEST_P(DatabaseContract, ALockThatIsLostIsNoticedAndCanBeTakenAgain) {
  EXPECT_TRUE(locked().held);
  EXPECT_TRUE(wait(ours().confirm(rig().access(), ledger_key())));
  rig().end_sessions();
  const auto confirmed = wait(ours().confirm(rig().access(), ledger_key()));
  ASSERT_FALSE(confirmed);
  const auto seen = wait(ours().look(rig().access(), ledger_key()));
  ASSERT_TRUE(seen) << seen.error().message;
  EXPECT_FALSE(seen->held);
  const auto begun = wait(ours().begin(rig().access(), ledger_key()));
  ASSERT_FALSE(begun) << "nothing is noted without the lock";
  EXPECT_EQ(begun.error().code, ErrorCode::conflict);
  EXPECT_TRUE(locked().held);
}

TEST_P(DatabaseContract, NotesAnAttemptFromItsBeginningToItsEnd) {
  locked();
  auto seen = view(ours().begin(rig().access(), ledger_key()));
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_FALSE(seen.rows[0].outcome);
  EXPECT_FALSE(seen.rows[0].fingerprint_before.empty());
  EXPECT_EQ(view(ours().begin(rig().access(), ledger_key())).rows.size(), 1U) << "twice is once";
  rig().change_schema(1);
  seen = view(ours().finish(rig().access(), ledger_key(), world::LedgerOutcome::Succeeded, 0));
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].outcome, world::LedgerOutcome::Succeeded);
  EXPECT_NE(seen.rows[0].fingerprint_before, seen.rows[0].fingerprint_after);
  seen = view(ours().finish(rig().access(), ledger_key(), world::LedgerOutcome::Failed, 1));
  EXPECT_EQ(seen.rows[0].outcome, world::LedgerOutcome::Succeeded) << "what is closed stays as it is";
}

TEST_P(DatabaseContract, AnUnchangedSchemaKeepsItsFingerprint) {
  locked();
  view(ours().begin(rig().access(), ledger_key()));
  auto seen = view(ours().finish(rig().access(), ledger_key(), world::LedgerOutcome::Unknown, std::nullopt));
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].fingerprint_before, seen.rows[0].fingerprint_after);
  EXPECT_EQ(seen.rows[0].outcome, world::LedgerOutcome::Unknown);
}

TEST_P(DatabaseContract, ANewAttemptClosesWhatAnOlderOneLeftOpen) {
  locked();
  view(ours().begin(rig().access(), ledger_key(1)));
  const auto seen = view(ours().begin(rig().access(), ledger_key(2)));
  ASSERT_EQ(seen.rows.size(), 2U);
  EXPECT_EQ(seen.rows[0].attempt, 2);
  EXPECT_FALSE(seen.rows[0].outcome);
  EXPECT_EQ(seen.rows[1].outcome, world::LedgerOutcome::Unknown);
}

TEST_P(DatabaseContract, AnotherTealSeesWhatIsOpenAndMayAbandonItUnderTheLock) {
  locked();
  view(ours().begin(rig().access(), ledger_key()));
  const auto other = ledger_key(0, "owner-2");
  auto seen = view(theirs().look(rig().access(), other));
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].owner, "owner-1");
  EXPECT_FALSE(wait(theirs().abandon(rig().access(), other))) << "not without the lock";
  ASSERT_TRUE(wait(ours().unlock(rig().access(), ledger_key())));
  EXPECT_TRUE(view(theirs().lock(rig().access(), other)).held);
  seen = view(theirs().abandon(rig().access(), other));
  EXPECT_EQ(seen.rows[0].outcome, world::LedgerOutcome::Unknown);
}

// A store that was restored from a backup is older than what its own Teal has noted here.
TEST_P(DatabaseContract, ShowsItsOwnNewerRevisionsWhateverTheirImage) {
  locked();
  view(ours().begin(rig().access(), ledger_key()));
  view(ours().finish(rig().access(), ledger_key(), world::LedgerOutcome::Succeeded, 0));
  auto question = ledger_key();
  question.image_digest = "sha256:of-another-image";
  question.revision -= 1;
  EXPECT_EQ(view(ours().look(rig().access(), question)).rows.size(), 1U);
  question.revision += 2;
  EXPECT_TRUE(view(ours().look(rig().access(), question)).rows.empty()) << "what is older is no news";
  question.revision -= 2;
  question.owner = "owner-2";
  EXPECT_TRUE(view(theirs().look(rig().access(), question)).rows.empty()) << "another Teal counts its own";
}

TEST_P(DatabaseContract, AnEndIsNotedEvenIfTheBeginningIsNot) {
  locked();
  const auto seen = view(ours().finish(rig().access(), ledger_key(), world::LedgerOutcome::Failed, 3));
  ASSERT_EQ(seen.rows.size(), 1U);
  EXPECT_EQ(seen.rows[0].outcome, world::LedgerOutcome::Failed);
}

INSTANTIATE_TEST_SUITE_P(Fake, DatabaseContract, testing::Values(&fake_database_rig));
INSTANTIATE_TEST_SUITE_P(Postgres, DatabaseContract, testing::Values(&postgres_rig));

}  // namespace
}  // namespace teal::test
