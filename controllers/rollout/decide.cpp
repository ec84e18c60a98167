#include "controllers/rollout/decide.hpp"

#include <string>
#include <utility>

#include "controllers/mutants/mutated.hpp"
#include "controllers/rollout/adopt_world.hpp"
#include "controllers/rollout/begin.hpp"
#include "controllers/rollout/clamp_to_now.hpp"
#include "controllers/rollout/jobs/guard.hpp"
#include "controllers/rollout/jobs/run_job.hpp"
#include "controllers/rollout/pass.hpp"
#include "controllers/rollout/phases.hpp"
#include "controllers/rollout/replicas/liveness.hpp"
#include "controllers/rollout/spec_change.hpp"
#include "controllers/rollout/steps/steps.hpp"
#include "controllers/rollout/traffic/predecessors.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "controllers/rollout/traffic/silences.hpp"
#include "controllers/rollout/traffic/traffic.hpp"

namespace teal::rollout {
namespace {

constexpr Duration look_again = std::chrono::seconds{1};

void run_phase(Pass& pass) {
  if (pass.next.orders.paused) return paused(pass);
  switch (pass.next.standing.phase) {
    case spec::Phase::Pending:
      return pending(pass);
    case spec::Phase::Preparing:
      return preparing(pass);
    case spec::Phase::Migrating:
      return migrating(pass);
    case spec::Phase::Starting:
      return starting(pass);
    case spec::Phase::Introducing:
      return introducing(pass);
    case spec::Phase::Verifying:
      return verifying(pass);
    case spec::Phase::Withdrawing:
      return withdrawing(pass);
    case spec::Phase::Retiring:
      return retiring(pass);
    case spec::Phase::AwaitingApproval:
      return awaiting_approval(pass);
    case spec::Phase::RollingBack:
      return rolling_back(pass);
    case spec::Phase::Complete:
    case spec::Phase::RolledBack:
    case spec::Phase::Failed:
    case spec::Phase::Superseded:
      return ended(pass);
  }
}

// A phase that makes no progress for `deadline` is given up, once it has done what it could in this pass. The first
// look after a time in which nobody looked gives nothing up.
void check_deadline(Pass& pass) {
  const auto& since = pass.next.standing.patience.since;
  if (!can_roll_back(pass.next) || pass.next.orders.paused || !since || mutants::mutated("l1-no-deadline")) return;
  const auto deadline = *since + pass.spec().rollout.deadline;
  if (pass.now < deadline) return pass.wake_at(deadline);
  if (pass.world.first_look) return pass.wake_in(look_again);
  std::string sentence{to_string(pass.next.standing.phase)};
  sentence += " made no progress for " + format_duration(pass.spec().rollout.deadline);
  if (const auto waits_for = pass.said(); !waits_for.empty()) sentence.append(": ").append(waits_for);
  pass.fail({spec::Reason::DeadlineExceeded, std::move(sentence)});
}

Decision decide_deletion(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                         const Observed& world, Time now) {
  Pass pass{desired, record.value_or(records::RolloutRecord{}), world, now};
  if (!record) pass.next.application = desired.application.name;
  skip_unobserved(pass.next, world.unobserved, now);
  clamp_to_now(pass.next, now);
  const bool gone = deleting(pass);
  kill_jobs(pass);
  release_locks(pass);
  auto decision = pass.finish();
  decision.erase = gone;
  if (!record) decision.next.reset();
  return decision;
}

}  // namespace

Decision decide(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                const Observed& world, Time now) {
  if (desired.deleting) return decide_deletion(desired, record, world, now);
  if (is_newer_than(record, world)) return adopt_world(desired, record, world, now);
  if (!record) {
    if (!desired.application.spec.suspend) return begin(next_rollout(desired, record, now), now);
    Decision idle;
    idle.why = {spec::Reason::Suspended, "suspended before its first rollout"};
    return idle;
  }

  Pass pass{desired, *record, world, now};
  skip_unobserved(pass.next, world.unobserved, now);
  clamp_to_now(pass.next, now);
  const auto generation = pass.next.generation;
  apply_spec_change(pass);
  // Load balancers are told what the application wants of them before a decision: what has just come into force (a
  // route) they hear in the next pass, which is due now.
  if (pass.next.generation != generation) pass.wake_at(pass.now);
  if (records::is_terminal(pass.next.standing.phase)) {
    if (wants_rollout(desired, pass.next)) return begin(next_rollout(desired, pass.next, now), now);
  } else {
    count_traffic(pass);
    if (pass.next.orders.retry && pass.next.standing.phase != spec::Phase::RollingBack) recreate_unhealthy(pass);
  }
  // The same observation serves the next phase too, until there is something to do or to wait for.
  for (bool moved = true; moved;) {
    const auto before = pass.next.standing.phase;
    run_phase(pass);
    if (pass.next.standing.phase == before) check_deadline(pass);
    moved =
        pass.next.standing.phase != before && !pass.has_actions() && !records::is_terminal(pass.next.standing.phase);
  }
  mind_predecessors(pass);
  report_silences(pass);
  report_failing_open(pass);
  remove_dead_servers(pass);  // T5: in every phase, of every revision, whatever else is held up
  kill_jobs(pass);
  release_locks(pass);
  return pass.finish();
}

}  // namespace teal::rollout
