// How an attempt ended, told to the ledger before it counts.
#include <fmt/format.h>

#include "controllers/rollout/jobs/guarded.hpp"
#include "controllers/rollout/jobs/hooks.hpp"

namespace teal::rollout {
namespace {

world::LedgerOutcome outcome_of(records::JobState verdict) {
  if (verdict == records::JobState::Succeeded) return world::LedgerOutcome::Succeeded;
  return verdict == records::JobState::Failed ? world::LedgerOutcome::Failed : world::LedgerOutcome::Unknown;
}

records::JobState state_of(world::LedgerOutcome outcome) {
  if (outcome == world::LedgerOutcome::Succeeded) return records::JobState::Succeeded;
  return outcome == world::LedgerOutcome::Failed ? records::JobState::Failed : records::JobState::Unknown;
}

std::string known_of(const world::LedgerRow& row) {
  const auto before = row.fingerprint_before.substr(0, 12);
  const auto after = row.fingerprint_after.substr(0, 12);
  std::string schema = before == after ? fmt::format("the schema is as it was before (fingerprint {})", after)
                                       : fmt::format("the schema has changed (fingerprint {} → {})", before, after);
  if (before.empty() || after.empty()) schema = "whether the schema has changed is not known";
  return fmt::format("; row {} of teal_migrations says {}; {}", row.id, to_string(*row.outcome), schema);
}

}  // namespace

void note_verdict(const JobPass& at, records::JobState state, std::string detail) {
  at.record.database.verdict = state;
  at.record.database.ended_at = at.pass.now;
  at.pass.excuse(records::Excuse::Working);  // the ledger has as long as a phase
  at.record.detail = std::move(detail);
}

std::optional<Verdict> settled_verdict(const JobPass& at) {
  auto& known = at.record.database;
  const auto title = title_of(at.pass.spec(), at.job.name);
  const auto verdict = known.verdict.value_or(records::JobState::Unknown);
  note_lock(at);
  const auto* view = view_of(at);
  const auto* row = view ? own_row(at, *view) : nullptr;
  Verdict settled{verdict, at.record.detail};
  if (row && row->outcome) {
    note_row(at, *row);
    settled.state = state_of(*row->outcome);
    if (settled.state != verdict && settled.detail.empty()) settled.detail = "the job ended with exit code 0";
    if (settled.state != records::JobState::Succeeded) settled.detail += known_of(*row);
    known.verdict.reset();
    known.ended_at.reset();
    return settled;
  }
  auto finish = ask(at, DatabaseStep::Finish);
  finish.outcome = outcome_of(verdict);
  finish.exit_code = at.record.exit_code;
  const auto hopeless = at.pass.hopeless(finish);
  const auto patience = known.ended_at.value_or(at.pass.now) + at.pass.spec().rollout.deadline;
  if (hopeless || at.pass.now >= patience) {
    const auto failure = at.pass.world.failures.find(key(finish));
    settled.state = records::JobState::Unknown;
    if (settled.detail.empty()) settled.detail = title + " ended with exit code 0";
    settled.detail += fmt::format("; teal_migrations could not be updated{}",
                                  failure == at.pass.world.failures.end() ? "" : ": " + failure->second.error.message);
    known.verdict.reset();
    known.ended_at.reset();
    return settled;
  }
  at.pass.act(finish);
  at.pass.wake_in(ask_again);
  at.pass.wake_at(patience);
  at.pass.wait(spec::Reason::LedgerNotWritten,
               fmt::format("{} has ended; noting that in teal_migrations of {}", title, place(at)));
  return std::nullopt;
}

}  // namespace teal::rollout
