#include "controllers/rollout/jobs/preflight.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "controllers/rollout/jobs/hooks.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;

constexpr Duration asked_again_after = 5s;

const DatabaseSeen* seen_of(const Pass& pass, const spec::Job& job) {
  const auto found = pass.world.databases.find(job.name);
  const bool is_known = found != pass.world.databases.end() && found->second.revision == pass.next.course.target.number;
  return is_known ? &found->second : nullptr;
}

AskDatabase ask(const Pass& pass, const spec::Job& job, DatabaseStep step) {
  AskDatabase action;
  action.step = step;
  action.revision = pass.next.course.target.number;
  action.job = job.name;
  return action;
}

Time phase_begun(const Pass& pass) {
  return pass.next.standing.phases.empty() ? pass.next.started_at : pass.next.standing.phases.back().started_at;
}

// Each finding is said once, and what has gone away is forgotten.
void note_findings(Pass& pass, records::DatabaseRecord& known, const DatabaseSeen& seen) {
  if (known.checked_at == seen.findings_at) return;
  for (const auto& finding : *seen.findings) {
    if (std::ranges::find(known.findings, finding) == known.findings.end()) {
      pass.warning(finding.reason, finding.message);
    }
  }
  known.checked_at = seen.findings_at;
  known.findings = *seen.findings;
}

// True once this job's database is fit.
bool is_fit(Pass& pass, const spec::Job& job, records::JobRecord& record) {
  const auto* seen = seen_of(pass, job);
  const bool known = seen && seen->findings && seen->findings_at >= phase_begun(pass);
  if (known) note_findings(pass, record.database, *seen);
  const auto title = title_of(pass.spec(), job.name);
  // A hook that may fail may also have a database that is not fit.
  const bool may_block = !spec::find_hook(pass.spec().hooks, job.name) || is_blocking(pass.spec(), job.name);
  const auto action = ask(pass, job, DatabaseStep::Preflight);
  if (!may_block && (known || pass.world.failures.contains(key(action)))) return true;
  const auto& findings = record.database.findings;
  const auto lasting = std::ranges::find_if(findings, [](const auto& one) { return one.blocks && !one.passes; });
  const auto passing = std::ranges::find_if(findings, [](const auto& one) { return one.blocks && one.passes; });
  if (known && lasting != findings.end()) {
    pass.fail({spec::Reason::PreflightFailed, fmt::format("{}: {}", title, lasting->message)});
    return false;
  }
  if (known && passing == findings.end()) return true;
  if (const auto error = pass.hopeless(action)) {
    pass.fail({spec::Reason::PreflightFailed, fmt::format("{}: {}", title, error->message)});
    return false;
  }
  if (!known || pass.now >= seen->findings_at + asked_again_after) pass.act(action);
  pass.wake_in(asked_again_after);
  if (known) {
    pass.wait(passing->reason, fmt::format("{}: {}", title, passing->message));
  } else {
    pass.wait(spec::Reason::Preflight, fmt::format("checking {} for {}", world::place_of(*job.database), title));
  }
  return false;
}

}  // namespace

bool preflight(Pass& pass) {
  bool fit = true;
  const auto phase = pass.next.standing.phase;
  for (const auto* job : spec::jobs_and_hooks(pass.spec())) {
    if (!job->database) continue;
    auto* record = find_record(pass.next, job->name);
    if (record == nullptr) continue;
    if (!is_fit(pass, *job, *record)) fit = false;
    if (pass.next.standing.phase != phase) return false;
  }
  return fit;
}

std::optional<JobReport> await_grants(Pass& pass, spec::JobPhase phase) {
  const auto begun = phase_begun(pass);
  for (const auto& job : pass.spec().migration.jobs) {
    if (job.phase != phase || !job.database) continue;
    const auto found = std::ranges::find(pass.next.jobs, job.name, &records::JobRecord::job);
    if (found == pass.next.jobs.end()) continue;
    const auto* seen = seen_of(pass, job);
    const auto since = std::max(begun, found->finished_at.value_or(begun));
    const bool known = seen && seen->ungranted && seen->ungranted_at >= since;
    // Whoever retries or resumes may have fixed it.
    const bool retried = known && !seen->ungranted->empty() && seen->ungranted_at < pass.next.standing.patience.since;
    if (!known || retried) {
      const auto grants = ask(pass, job, DatabaseStep::Grants);
      if (const auto error = pass.hopeless(grants)) {
        return JobReport{JobProgress::Failed, {spec::Reason::GrantsNotChecked, error->message}};
      }
      pass.act(grants);
      pass.wait(spec::Reason::CheckingGrants,
                fmt::format("looking whether the application user can use what migration job {} made", job.name));
      return JobReport{};
    }
    auto& findings = found->database.findings;
    const auto finding = world::grants_missing(job, *seen->ungranted);
    const bool is_said = std::ranges::find(findings, finding) != findings.end();
    std::erase_if(findings, [](const objects::Finding& one) { return one.type == "ApplicationUserGrants"; });
    if (seen->ungranted->empty()) continue;
    findings.push_back(finding);
    if (!is_said) pass.warning(finding.reason, finding.message);
    return JobReport{JobProgress::Failed, {finding.reason, finding.message}};
  }
  return std::nullopt;
}

}  // namespace teal::rollout
