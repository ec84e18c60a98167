// The databases of jobs: one lock, one ledger, nobody else who uses them.
#include <algorithm>

#include "controllers/plan/model/world.hpp"

namespace teal::model {
namespace {

struct Asking {
  JobDatabase& database;
  const std::string& owner;  // whose rows are ours
  const records::RolloutRecord& record;
  const rollout::AskDatabase& question;

  [[nodiscard]] bool is_of_job(const world::LedgerRow& row) const {
    return row.application == record.application && row.job == question.job;
  }

  [[nodiscard]] bool is_of_attempt(const world::LedgerRow& row) const {
    return is_of_job(row) && row.owner == owner && row.revision == record.course.target.number &&
           row.attempt == question.attempt && row.image_digest == record.course.target.image_digest;
  }

  [[nodiscard]] world::DatabaseView view() const {
    world::DatabaseView seen;
    seen.held = database.locked_for.contains(question.job);
    for (const auto& row : database.rows) {
      const bool counts = !row.outcome || row.image_digest == record.course.target.image_digest;
      if (is_of_job(row) && counts) seen.rows.push_back(row);
    }
    return seen;
  }

  void begin() const {
    if (std::ranges::any_of(database.rows, [&](const auto& row) { return is_of_attempt(row) && !row.outcome; })) return;
    world::LedgerRow row;
    row.id = static_cast<std::int64_t>(database.rows.size()) + 1;
    row.application = record.application;
    row.job = question.job;
    row.owner = owner;
    row.image_digest = record.course.target.image_digest;
    row.revision = record.course.target.number;
    row.attempt = question.attempt;
    database.rows.insert(database.rows.begin(), std::move(row));
  }

  void close(world::LedgerOutcome outcome) const {
    for (auto& row : database.rows) {
      if (is_of_job(row) && !row.outcome) row.outcome = outcome;
    }
  }
};

// What holds of the job's earlier life says nothing of this revision.
void begin_anew(rollout::DatabaseSeen& seen, int revision) {
  if (seen.revision == revision) return;
  seen.view.reset();
  seen.findings.reset();
  seen.ungranted.reset();
  seen.revision = revision;
}

void unlock(World& world, const std::string& job, rollout::DatabaseSeen& seen) {
  if (seen.held_on) world.databases[world::place_of(*seen.held_on)].locked_for.erase(job);
  seen.view.reset();
  seen.held_on.reset();
}

}  // namespace

std::optional<Error> ask(World& world, const records::RolloutRecord* record, const rollout::AskDatabase& question) {
  auto& seen = world.asked[question.job];
  if (question.step == rollout::DatabaseStep::Unlock) {
    unlock(world, question.job, seen);
    return std::nullopt;
  }
  const auto* job = record ? spec::find_job(record->course.target.application.spec, question.job) : nullptr;
  if (job == nullptr || !job->database) return Error{ErrorCode::internal, "no such database on record"};
  begin_anew(seen, question.revision);
  if (seen.owner.empty()) seen.owner = "this Teal";
  auto& database = world.databases[world::place_of(*job->database)];
  const Asking asking{database, seen.owner, *record, question};
  switch (question.step) {
    case rollout::DatabaseStep::Preflight:
      seen.findings = world.fitness[question.job].findings;
      seen.findings_at = world.now;
      return std::nullopt;
    case rollout::DatabaseStep::Grants:
      seen.ungranted = world.fitness[question.job].ungranted;
      seen.ungranted_at = world.now;
      return std::nullopt;
    case rollout::DatabaseStep::Lock:
      database.locked_for.insert(question.job);
      break;
    case rollout::DatabaseStep::Begin:
      asking.begin();
      break;
    case rollout::DatabaseStep::Finish:
      asking.begin();  // if nobody has noted that
      asking.close(question.outcome);
      break;
    case rollout::DatabaseStep::Abandon:
      asking.close(world::LedgerOutcome::Unknown);
      break;
    case rollout::DatabaseStep::Look:
    case rollout::DatabaseStep::Unlock:
      break;
  }
  seen.view = asking.view();
  seen.view_at = world.now;
  if (seen.view->held) seen.held_on = job->database;
  return std::nullopt;
}

}  // namespace teal::model
