// ARCHITECTURE.md tells what each phase of a rollout promises in one table. What follows from the code is made from the
// code here and compared with it, so that the two cannot part.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "controllers/rollout/phases.hpp"

namespace teal::test {
namespace {

struct Prose {
  spec::Phase phase;
  std::string_view on_entering;
  std::string_view ends_when;
};

constexpr std::array<Prose, 14> prose{{
    {spec::Phase::Pending, "a revision is wanted, nothing of it exists",
     "its window is open and the upgrade policy allows it"},
    {spec::Phase::Preparing, "it may begin; its strategy is fixed",
     "its image is here and pinned, watched values are read, its load balancers and databases are fit"},
    {spec::Phase::Migrating, "the image is pinned",
     "every job of the migration and the hooks around it have ended well (M1–M5)"},
    {spec::Phase::Starting, "the schema fits the new revision", "every new replica has passed its own check"},
    {spec::Phase::Introducing, "every new replica is healthy, none is in traffic",
     "every new replica takes traffic; of StopFirst components the old one has left first"},
    {spec::Phase::Verifying, "every new replica takes traffic",
     "all was whole for `bake`, analysis, probes and hooks before the cutover have passed"},
    {spec::Phase::Withdrawing, "the new revision is verified, or a Recreate begins",
     "no server of the old revision is left"},
    {spec::Phase::Retiring, "the old revision is out of traffic",
     "`keepOld` is over, the old containers are gone (or ended and beyond removal), hooks and jobs after the cutover "
     "have ended"},
    {spec::Phase::Complete, "the new revision serves alone", "another revision is wanted"},
    {spec::Phase::AwaitingApproval, "what comes next waits for a person", "`teal approve`"},
    {spec::Phase::RollingBack, "the rollout is given up, its evidence is on record",
     "the old revision takes all its traffic and nothing of the new is left"},
    {spec::Phase::RolledBack, "the old revision serves", "another revision is wanted, or `teal retry`"},
    {spec::Phase::Failed, "given up, and nothing was there to go back to",
     "another revision is wanted, or `teal retry`"},
    {spec::Phase::Superseded, "a newer spec replaced it", "at once: that one's rollout begins"},
}};

records::RolloutRecord standing_in(spec::Phase phase, spec::Strategy strategy) {
  records::RolloutRecord record;
  record.standing.phase = phase;
  record.course.strategy = strategy;
  record.course.active = records::Revision{};
  record.course.target.number = 1;
  return record;
}

std::string wanted_in(const records::RolloutRecord& record) {
  if (record.standing.phase == spec::Phase::AwaitingApproval) return "as before it";
  std::string text = rollout::keeps_old(record) ? "old" : "";
  if (rollout::wants_target(record)) text += (text.empty() ? "new" : ", new");
  if (rollout::wants_target_registered(record)) text += " in traffic";
  return text.empty() ? "nothing" : text;
}

std::string failure_in(const records::RolloutRecord& record) {
  if (record.standing.phase == spec::Phase::AwaitingApproval) return "as before it";
  if (records::is_terminal(record.standing.phase)) return "replicas are replaced";
  if (rollout::can_roll_back(record)) return "RollingBack";
  return record.standing.phase == spec::Phase::RollingBack ? "RollbackStuck: what serves stays"
                                                           : "paused where it stands";
}

std::string next_of(spec::Phase phase, spec::Strategy strategy) {
  const auto next = rollout::phase_after(phase, strategy);
  return next == phase ? "–" : std::string{to_string(next)};
}

// One value where both strategies agree.
std::string both(const std::string& blue_green, const std::string& recreate) {
  return blue_green == recreate ? blue_green : fmt::format("{} / {}", blue_green, recreate);
}

std::string table() {
  std::string text =
      "| phase | holds on entering | wanted meanwhile | ends when | next | a failure leads to |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const auto& [phase, on_entering, ends_when] : prose) {
    const auto blue_green = standing_in(phase, spec::Strategy::BlueGreen);
    const auto recreate = standing_in(phase, spec::Strategy::Recreate);
    text += fmt::format("| {} | {} | {} | {} | {} | {} |\n", to_string(phase), on_entering,
                        both(wanted_in(blue_green), wanted_in(recreate)), ends_when,
                        both(next_of(phase, spec::Strategy::BlueGreen), next_of(phase, spec::Strategy::Recreate)),
                        both(failure_in(blue_green), failure_in(recreate)));
  }
  return text;
}

TEST(PhaseTable, InTheArchitectureIsWhatTheCodeDoes) {
  std::ifstream file{TEAL_SOURCE_DIR "/ARCHITECTURE.md"};
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(table()), std::string::npos) << "ARCHITECTURE.md must have:\n" << table();
}

TEST(PhaseTable, SaysHowFarARolloutHasCome) {
  using spec::Phase;
  using spec::Strategy;
  for (const auto strategy : {Strategy::BlueGreen, Strategy::Recreate}) {
    EXPECT_TRUE(rollout::is_still_preparing(standing_in(Phase::Pending, strategy)));
    EXPECT_TRUE(rollout::is_still_preparing(standing_in(Phase::Preparing, strategy)));
    EXPECT_TRUE(rollout::is_before(standing_in(Phase::Migrating, strategy), Phase::Starting));
    for (const auto phase : {Phase::Migrating, Phase::Withdrawing, Phase::Retiring, Phase::Complete, Phase::RollingBack,
                             Phase::RolledBack, Phase::Failed, Phase::Superseded})
      EXPECT_FALSE(rollout::is_still_preparing(standing_in(phase, strategy))) << to_string(phase);
    for (const auto phase : {Phase::Starting, Phase::Introducing, Phase::Verifying, Phase::Complete, Phase::RollingBack,
                             Phase::RolledBack, Phase::Failed, Phase::Superseded})
      EXPECT_FALSE(rollout::is_before(standing_in(phase, strategy), Phase::Starting)) << to_string(phase);
  }
  for (const auto phase : {Phase::Withdrawing, Phase::Retiring}) {
    EXPECT_TRUE(rollout::is_before(standing_in(phase, Strategy::Recreate), Phase::Starting)) << to_string(phase);
    EXPECT_FALSE(rollout::is_before(standing_in(phase, Strategy::BlueGreen), Phase::Starting)) << to_string(phase);
  }
  auto asked = standing_in(Phase::AwaitingApproval, Strategy::BlueGreen);
  asked.standing.awaiting = Phase::Migrating;
  EXPECT_TRUE(rollout::is_still_preparing(asked));
  asked.standing.awaiting = Phase::Withdrawing;
  EXPECT_FALSE(rollout::is_before(asked, Phase::Starting));
  auto verified = standing_in(Phase::Retiring, Strategy::Recreate);
  verified.standing.phases = {{Phase::Verifying, {}, {}}, {Phase::Retiring, {}, {}}};
  EXPECT_FALSE(rollout::is_before(verified, Phase::Starting)) << "what is left comes after the cutover";
}

}  // namespace
}  // namespace teal::test
