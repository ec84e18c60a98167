#include "controllers/plan/make_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "controllers/plan/model/rehearse.hpp"
#include "controllers/plan/plan_jobs.hpp"
#include "controllers/plan/plan_steps.hpp"
#include "controllers/rollout/outcome_text.hpp"
#include "controllers/rollout/policy.hpp"
#include "controllers/rollout/rollback/rollback.hpp"
#include "controllers/rollout/same_image.hpp"
#include "controllers/rollout/steps/preparing.hpp"
#include "controllers/rollout/traffic/backends.hpp"
#include "controllers/rollout/traffic/servers.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/validate/supported.hpp"
#include "manifests/wire/json.hpp"

namespace teal::plan {
namespace {

constexpr int most_passes = 500;

// The world as it is, as far as that is known.
model::World world_for(const spec::Application& next, const std::optional<records::RolloutRecord>& record,
                       const PlanFacts& facts, Time now) {
  auto world = facts.seen ? model::world_of(*facts.seen, record, now) : model::steady_world(record, now);
  for (const auto& action : facts.acted) {
    if (rollout::is_in_background(action)) continue;  // that may still be under way
    static_cast<void>(model::perform(world, record ? &*record : nullptr, {&action, false}));
  }
  const auto reference = image_reference(next.spec);
  if (facts.image) {
    world.images[reference] = *facts.image;
    for (const auto& job : facts.migrated) world.migrated.insert(job + "@" + facts.image->digest);
  } else {
    world.to_pull.insert(reference);
  }
  world.can_analyse = facts.can_analyse;
  world.engine_problem = facts.engine_problem;
  world.engine_room = facts.engine_room;
  for (const auto& view : facts.backends) {
    if (!rollout::what_is_wrong_with(view)) continue;
    world.unfit.push_back(view);
    world.unfit.back().servers.clear();  // those that are ours are known otherwise
  }
  for (const auto& [name, known] : facts.databases) {
    auto& fitness = world.fitness[name];
    fitness.ungranted = known.ungranted;
    for (const auto& finding : known.findings) {
      if (!finding.passes) fitness.findings.push_back(finding);
    }
    const auto* job = spec::find_job(next.spec, name);
    if (!known.done || !facts.image || job == nullptr || !job->database) continue;
    world::LedgerRow row;
    row.id = 1;
    row.application = next.name;
    row.job = name;
    row.image_digest = facts.image->digest;
    row.outcome = world::LedgerOutcome::Succeeded;
    world.databases[world::place_of(*job->database)].rows.push_back(std::move(row));
  }
  return world;
}

model::Rehearsal rehearsal_of(records::ApplicationRecord desired, const spec::Application& next,
                              const std::optional<records::RolloutRecord>& record, const PlanFacts& facts, Time now) {
  std::vector<spec::ApplicationSpec> used{desired.application.spec};
  if (record) used.push_back(record->course.target.application.spec);
  if (record && record->course.active) used.push_back(record->course.active->application.spec);
  desired.values.known = true;  // they will have been read by then
  model::Script script;
  script.people_answer = true;
  script.one_rollout = true;
  script.most_passes = most_passes;
  return model::rehearse(std::move(desired), record, world_for(next, record, facts, now), used, script);
}

struct JobPlace {
  const spec::Job* job;
  std::string point;
};

// Of a whole rollout, in the order of its phases; those of a rollback, which is not meant to happen, last.
std::vector<JobPlace> in_order(const spec::ApplicationSpec& spec) {
  std::vector<JobPlace> all;
  const auto add_hooks = [&](spec::HookPoint point) {
    for (const auto& hook : spec::hooks_at(spec.hooks, point)) all.push_back({&hook, std::string{to_string(point)}});
  };
  const auto add_jobs = [&](spec::JobPhase phase, const std::string& point) {
    if (spec.migration.mode == spec::MigrationMode::ApplicationManaged) return;
    for (const auto& job : spec.migration.jobs) {
      if (job.phase == phase) all.push_back({&job, point});
    }
  };
  add_hooks(spec::HookPoint::BeforeMigration);
  add_jobs(spec::JobPhase::BeforeStart, "BeforeStart");
  add_hooks(spec::HookPoint::AfterMigration);
  add_hooks(spec::HookPoint::BeforeCutover);
  add_hooks(spec::HookPoint::AfterCutover);
  add_jobs(spec::JobPhase::AfterCutover, "AfterCutover");
  add_hooks(spec::HookPoint::OnRollback);
  return all;
}

const records::JobRecord* find_job_record(const records::RolloutRecord& record, std::string_view name) {
  for (const auto* records : {&record.jobs, &record.hooks}) {
    const auto found = std::ranges::find(*records, name, &records::JobRecord::job);
    if (found != records->end()) return &*found;
  }
  return nullptr;
}

// `end`: the rollout as the rehearsal leaves it.
std::vector<objects::PlanJob> plan_jobs(const records::RolloutRecord& end, const PlannedSteps& told,
                                        const PlanFacts& facts) {
  std::vector<objects::PlanJob> jobs;
  const auto& spec = end.course.target.application.spec;
  for (const auto& [job, point] : in_order(spec)) {
    auto planned = plan_job(*job, point, facts);
    const auto hook = spec::find_hook(spec.hooks, job->name);
    const bool undoes = hook == spec::HookPoint::OnRollback;
    const auto* record = find_job_record(end, job->name);
    const int attempt = record ? std::max(record->attempts, 1) : 1;
    planned.container = spec::container_name(end.application, job->name, end.course.target.number, attempt);
    planned.is_hook = hook.has_value();
    planned.required = job->required && !undoes;
    const bool is_open = record && record->state == records::JobState::Pending;  // the rehearsal does not get so far
    planned.needed = undoes || is_open || told.jobs.contains(planned.container);
    if (!planned.needed && !hook) planned.done = done_before(facts, job->name);
    jobs.push_back(std::move(planned));
  }
  return jobs;
}

objects::PlanPolicy policy_of(const records::RolloutRecord& begun) {
  const auto verdict = rollout::upgrade_verdict(begun);
  objects::PlanPolicy policy;
  policy.allowed = verdict.allowed;
  policy.message = verdict.why.message;
  if (verdict.allowed) policy.strategy = verdict.strategy == spec::Strategy::Recreate ? "Recreate" : "BlueGreen";
  return policy;
}

// What is in the way, or looks like it, all at once: the rehearsal ends at the first of them.
void add_obstacles(const records::ApplicationRecord& desired, const spec::Application& next, const PlanFacts& facts,
                   const model::Rehearsal& rehearsal, objects::Plan& plan, Time now) {
  for (const auto& sentence : rules::unsupported_features(desired.application)) plan.findings.push_back(sentence);
  if (!plan.policy.allowed) plan.findings.push_back(plan.policy.message);
  const auto& begun = rehearsal.rollouts.back();
  if (begun.course.active && !begun.course.back) {
    const auto note =
        rollout::same_image_note(*begun.course.active, next.spec, facts.image ? facts.image->digest : std::string{});
    if (!note.empty()) plan.findings.push_back(note);
    const auto downgrade = rollout::downgrade_note(facts.history, next.spec);
    if (!downgrade.empty() && plan.policy.allowed) plan.findings.push_back(downgrade);
  }
  if (next.spec.adopt && !begun.course.active) {
    auto names = next.spec.adopt->containers;
    names.insert(names.end(), next.spec.adopt->servers.begin(), next.spec.adopt->servers.end());
    plan.findings.push_back(fmt::format(
        "adopts {}: they serve until the new version is verified, are drained then, and {}; whether they are there is "
        "looked at before anything is changed",
        fmt::join(names, ", "), next.spec.adopt->stop ? "the containers are stopped" : "the containers run on"));
  }
  if (next.spec.suspend) plan.findings.emplace_back("spec.suspend is true: nothing starts before it is false");
  if (const auto window = rollout::window_of(next.spec.rollout.windows, now); !window.open) {
    plan.findings.push_back("outside every maintenance window: it would wait until " + rollout::opening_text(window));
  }
  for (const auto& view : facts.backends) {
    if (const auto wrong = rollout::what_is_wrong_with(view)) {
      plan.findings.push_back(fmt::format("{}: {} (it blocks the rollout before anything is changed)",
                                          to_string(wrong->reason), wrong->message));
    }
    for (const auto& remark : view.remarks)
      plan.findings.push_back(fmt::format("load balancer {}: {}", view.load_balancer, remark));
  }
  if (facts.seen && begun.course.active) {
    const auto disagreement =
        rollout::disagreement_of_checks(*facts.seen, begun.course.active->application.spec, next.spec);
    if (!disagreement.empty())
      plan.findings.push_back(disagreement + " (it blocks the rollout before anything is migrated)");
  }
  if (facts.engine_room && *facts.engine_room < rollout::little_room) {
    plan.findings.push_back(rollout::room_text(*facts.engine_room) +
                            (*facts.engine_room < rollout::least_room ? " (it blocks the rollout)" : ""));
  }
  if (!facts.image && next.spec.pull_policy == spec::PullPolicy::Never) {
    plan.findings.push_back(
        fmt::format("image {} is not on the engine and pullPolicy is Never", image_reference(next.spec)));
  }
}

std::string summary_of(const objects::Plan& plan, const PlannedSteps& told, bool is_under_way) {
  auto text = fmt::format("{} → {}: {} to run, {} to start, {} to stop",
                          plan.from_version.empty() ? "nothing" : plan.from_version, plan.to_version,
                          counted(told.migrations, "migration job"), counted(told.started, "replica"), told.stopped);
  if (is_under_way) text += fmt::format("; revision {} is under way, and this is what is left of it", plan.revision);
  if (plan.way.size() > 1) {
    text += fmt::format("; the first of {} rollouts, one after another: {}", plan.way.size(),
                        fmt::join(plan.way, ", then "));
  }
  return text;
}

void plan_rollout(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                  const model::Rehearsal& rehearsal, const PlannedSteps& told, const PlanFacts& facts,
                  objects::Plan& plan) {
  const auto& begun = rehearsal.rollouts.back();
  plan.revision = begun.course.target.number;
  plan.from_version = begun.course.active ? begun.course.active->application.spec.version : "";
  plan.to_version = begun.course.target.application.spec.version;
  plan.way = {plan.to_version};
  if (!begun.course.back) plan.way = rollout::versions_on_the_way(desired.application, begun.course.active);
  plan.policy = policy_of(begun);
  const auto& end = rehearsal.record ? *rehearsal.record : begun;
  plan.jobs = plan_jobs(end, told, facts);
  const bool is_under_way = record && record->course.target.number == plan.revision;
  plan.summary = summary_of(plan, told, is_under_way);
  add_last_time(facts, plan);
}

// How it would end, if not well.
void add_outcome(const model::Rehearsal& rehearsal, objects::Plan& plan) {
  if (!rehearsal.came_to_rest) {
    plan.findings.push_back(
        fmt::format("the plan ends after {} passes, and the rollout goes on: {}", most_passes, rehearsal.why.message));
  }
  const bool failed = rehearsal.record && !rehearsal.rollouts.empty() && !rehearsal.record->outcome.failure.empty();
  if (!failed) return;
  const auto& failure = rehearsal.record->outcome.failure;
  const bool is_said =
      std::ranges::any_of(plan.findings, [&](const auto& one) { return one.find(failure) != one.npos; });
  if (!is_said) plan.findings.push_back("it would not succeed as things are: " + failure);
}

}  // namespace

objects::Plan make_plan(const records::ApplicationRecord& desired, const std::optional<records::RolloutRecord>& record,
                        const PlanFacts& facts, Time now) {
  const auto active = record ? record->course.active : std::nullopt;
  const auto next = rollout::next_hop(desired.application, active);
  objects::Plan plan;
  plan.application = desired.application.name;
  plan.to_version = next.spec.version;
  if (active) plan.from_version = active->application.spec.version;
  plan.findings = facts.findings;
  const auto rehearsal = rehearsal_of(desired, next, record, facts, now);
  auto told = tell_steps(rehearsal, record ? &*record : nullptr, desired.deleting, facts);
  if (desired.deleting) {
    plan.summary = fmt::format("deletion: {} to stop", counted(told.stopped, "replica"));
  } else if (!rehearsal.rollouts.empty()) {
    plan_rollout(desired, record, rehearsal, told, facts, plan);
    add_obstacles(desired, next, facts, rehearsal, plan, now);
  } else {
    const auto changed = told.started + told.stopped;
    plan.summary =
        changed == 0 ? "nothing to roll out" : fmt::format("{} replicas change in place, no rollout", changed);
  }
  plan.steps = std::move(told.steps);
  if (const auto sentence = rollout::not_retried(desired, record); !sentence.empty()) plan.findings.push_back(sentence);
  if (active && records::is_terminal(record->standing.phase)) {
    const bool went_back = record->course.back || record->standing.phase == spec::Phase::RolledBack;
    if (const auto note = rollout::schema_note(*record); went_back && !note.empty()) plan.findings.push_back(note);
  }
  if (const auto written = wire::secrets_written_in(desired.application); !written.empty()) {
    plan.findings.push_back(fmt::format("{} in the manifest: better {{fromFile: …}}: {}",
                                        written.size() == 1 ? "a secret is written" : "secrets are written",
                                        fmt::join(written, ", ")));
  }
  add_outcome(rehearsal, plan);
  if (active) plan.changes = spec::diff(active->application, desired.application);
  return plan;
}

}  // namespace teal::plan
