#include "controllers/plan/make_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "controllers/plan/plan_jobs.hpp"
#include "controllers/rollout/aftermath.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/json.hpp"
#include "manifests/supported.hpp"

namespace teal {
namespace {

class Planner {
 public:
  Planner(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record, const PlanFacts& facts)
      : desired_(desired),
        active_(record ? record->course.active : std::nullopt),
        target_(next_hop(desired.application, active_)),
        facts_(facts) {
    plan_.application = desired.application.name;
    plan_.to_version = spec().version;
    plan_.findings = facts.findings;
    if (active_) plan_.from_version = active_->application.spec.version;
    plan_.revision = record ? record->course.target.number + 1 : 1;
  }

  Plan nothing() {
    plan_.revision = 0;
    plan_.summary = "nothing to roll out";
    scale();
    return std::move(plan_);
  }

  Plan rollout(Time now) {
    for (const auto& sentence : unsupported_features(desired_.application)) plan_.findings.push_back(sentence);
    plan_.way = versions_on_the_way(desired_.application, active_);
    RolloutRecord would;
    would.course.target.application = target_;
    would.course.active = active_;
    if (plan_.way.size() > 1) would.course.final_version = desired_.application.spec.version;
    const auto verdict = upgrade_verdict(would);
    plan_.policy.allowed = verdict.allowed;
    plan_.policy.message = verdict.why.message;
    if (verdict.allowed) plan_.policy.strategy = verdict.strategy == Strategy::Recreate ? "Recreate" : "BlueGreen";
    if (!verdict.allowed) plan_.findings.push_back(verdict.why.message);
    if (spec().suspend) plan_.findings.emplace_back("spec.suspend is true: nothing starts before it is false");
    if (const auto window = window_of(spec().rollout.windows, now); !window.open) {
      plan_.findings.push_back("outside every maintenance window: it would wait until " + opening_text(window));
    }
    prepare();
    const bool recreate = verdict.allowed && verdict.strategy == Strategy::Recreate;
    if (recreate) {
      withdraw();
      stop();
    }
    migrate();
    start();
    if (!recreate) withdraw();
    hooks(HookPoint::AfterCutover, "Retiring", true);
    if (!recreate) stop();
    jobs(JobPhase::AfterCutover, "Retiring");
    hooks(HookPoint::OnRollback, "", true);
    plan_.summary = fmt::format("{} → {}: {} to run, {} to start, {} to stop",
                                plan_.from_version.empty() ? "nothing" : plan_.from_version, plan_.to_version,
                                counted(jobs_, "migration job"), counted(started_, "replica"), stopped_);
    if (plan_.way.size() > 1) {
      plan_.summary += fmt::format("; the first of {} rollouts, one after another: {}", plan_.way.size(),
                                   fmt::join(plan_.way, ", then "));
    }
    add_last_time(facts_, plan_);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const ApplicationSpec& spec() const { return target_.spec; }

  void step(std::string phase, std::string action, std::string object, std::string message) {
    plan_.steps.push_back({std::move(phase), std::move(action), std::move(object), std::move(message)});
  }

  [[nodiscard]] std::string name(const std::string& unit, int revision, int index) const {
    return container_name(desired_.application.name, unit, revision, index);
  }

  static std::string server(const std::string& container, const LoadBalancerUse& use) {
    return fmt::format("server {} in {}/{}", container, use.name, use.backend);
  }

  // Only the number of replicas changes: no rollout, the active revision is scaled in place.
  void scale() {
    if (!active_) return;
    for (const auto& component : spec().components) {
      const auto* now = find_component(active_->application.spec, component.name);
      if (!now) continue;
      for (int index = now->replicas; index < component.replicas; ++index) {
        step("Complete", "StartReplica", name(component.name, active_->number, index),
             fmt::format("start {} (scale up)", name(component.name, active_->number, index)));
      }
      for (int index = component.replicas; index < now->replicas; ++index) {
        step("Complete", "StopReplica", name(component.name, active_->number, index),
             fmt::format("drain and stop {} (scale down)", name(component.name, active_->number, index)));
      }
    }
    if (!plan_.steps.empty())
      plan_.summary = fmt::format("{} replicas change in place, no rollout", plan_.steps.size());
  }

  void prepare() {
    const auto reference = image_reference(spec());
    if (facts_.image && spec().pull_policy != PullPolicy::Always) {
      step("Preparing", "UseImage", reference,
           fmt::format("use {}, on the engine already ({})", reference, facts_.image->digest));
    } else if (spec().pull_policy == PullPolicy::Never) {
      plan_.findings.push_back(fmt::format("image {} is not on the engine and pullPolicy is Never", reference));
    } else {
      step("Preparing", "PullImage", reference, fmt::format("pull {} and pin its digest", reference));
    }
    if (spec().rollout.approval == Approval::BeforeMigration) {
      step("AwaitingApproval", "Wait", plan_.application, "wait until somebody approves");
    }
  }

  [[nodiscard]] PlanJob describe(const Job& job, std::string point) const {
    auto planned = plan_job(job, std::move(point), facts_);
    planned.container = name(job.name, plan_.revision, 1);
    return planned;
  }

  // Without jobs of its own nobody can say whether a rollout migrates.
  [[nodiscard]] bool migrates() const {
    if (spec().migration.mode == MigrationMode::ApplicationManaged || spec().migration.jobs.empty()) return true;
    return std::ranges::any_of(spec().migration.jobs,
                               [&](const Job& job) { return !facts_.migrated.contains(job.name); });
  }

  void migrate() {
    hooks(HookPoint::BeforeMigration, "Migrating", migrates());
    if (spec().migration.mode == MigrationMode::ApplicationManaged) {
      step("Starting", "SelfMigration", plan_.application,
           "the application makes its own schema when it starts (mode: ApplicationManaged)");
    }
    jobs(JobPhase::BeforeStart, "Migrating");
    hooks(HookPoint::AfterMigration, "Migrating", migrates());
  }

  void jobs(JobPhase when, const std::string& phase) {
    if (spec().migration.mode == MigrationMode::ApplicationManaged) return;
    for (const auto& job : spec().migration.jobs) {
      if (job.phase != when) continue;
      auto planned = describe(job, when == JobPhase::AfterCutover ? "AfterCutover" : "BeforeStart");
      planned.needed = !facts_.migrated.contains(job.name);
      if (planned.needed) {
        jobs_ += 1;
        step(phase, "RunMigration", planned.container,
             fmt::format("run migration job {} ({}) in the new image{}: {}; {}; {}", job.name, planned.container,
                         target_text(planned), planned.command, limits(planned, spec().migration),
                         to_string(job.security)));
      } else {
        planned.done = done_before(facts_, job.name);
        step(phase, "SkipMigration", planned.container,
             fmt::format("skip migration job {}: done before for this image{}", job.name,
                         planned.done.empty() ? "" : fmt::format(" ({})", planned.done)));
      }
      plan_.jobs.push_back(std::move(planned));
    }
  }

  // Those of a rollback have no phase of their own in a plan: it is not meant to happen.
  void hooks(HookPoint point, const std::string& phase, bool needed) {
    for (const auto& job : hooks_at(spec().hooks, point)) {
      auto planned = describe(job, std::string{to_string(point)});
      planned.is_hook = true;
      planned.required = job.required && point != HookPoint::OnRollback;
      planned.needed = needed;
      if (needed && !phase.empty()) {
        step(phase, "RunHook", planned.container,
             fmt::format("run {} hook {} ({}){}: {}; {}; {}", to_string(point), job.name, planned.container,
                         target_text(planned), planned.command,
                         planned.required ? "its failure stops the rollout" : "its failure stops nothing",
                         to_string(job.security)));
      }
      plan_.jobs.push_back(std::move(planned));
    }
  }

  void start() {
    for (const auto& component : spec().components) {
      for (int index = 0; index < component.replicas; ++index) {
        const bool in_place = component.replace == Replace::StopFirst && active_;
        step(in_place ? "Introducing" : "Starting", "StartReplica", name(component.name, plan_.revision, index),
             fmt::format("start {}{} ({})", name(component.name, plan_.revision, index),
                         in_place ? " once the old one has ended" : " with application credentials only",
                         to_string(component.security)));
        started_ += 1;
      }
    }
    for (const auto& component : spec().components) {
      if (!component.load_balancer) continue;
      for (int index = 0; index < component.replicas; ++index) {
        step("Introducing", "AddServer", server(name(component.name, plan_.revision, index), *component.load_balancer),
             fmt::format("add {} once {} was healthy {} times in a row",
                         server(name(component.name, plan_.revision, index), *component.load_balancer),
                         mask_connection_strings(component.health.path), component.health.successes));
      }
    }
    step("Verifying", "Bake", plan_.application,
         fmt::format("bake for {}{}", format_duration(spec().rollout.bake),
                     active_ && plan_.policy.strategy != "Recreate" ? " with old and new in traffic" : ""));
    hooks(HookPoint::BeforeCutover, "Verifying", true);
    if (spec().rollout.approval == Approval::BeforeCutover) {
      step("AwaitingApproval", "Wait", plan_.application, "wait until somebody approves");
    }
  }

  void withdraw() {
    if (!active_) return;
    const auto& old = active_->application.spec;
    for (const auto& component : old.components) {
      if (!component.load_balancer) continue;
      for (int index = 0; index < component.replicas; ++index) {
        step("Withdrawing", "DrainServer",
             server(name(component.name, active_->number, index), *component.load_balancer),
             fmt::format("drain and remove {}, at most {}",
                         server(name(component.name, active_->number, index), *component.load_balancer),
                         format_duration(component.load_balancer->drain)));
      }
    }
  }

  void stop() {
    if (!active_) return;
    if (spec().rollout.keep_old > Duration{0} && plan_.policy.strategy != "Recreate") {
      step("Retiring", "KeepOld", plan_.application,
           fmt::format("keep the old replicas out of traffic for {}", format_duration(spec().rollout.keep_old)));
    }
    for (const auto& component : active_->application.spec.components) {
      for (int index = 0; index < component.replicas; ++index) {
        step("Retiring", "StopReplica", name(component.name, active_->number, index),
             fmt::format("stop {}: {} once, then at most {} to end", name(component.name, active_->number, index),
                         component.stop.signal, format_duration(component.stop.grace)));
        stopped_ += 1;
      }
    }
  }

  const ApplicationRecord& desired_;
  std::optional<Revision> active_;
  Application target_;
  const PlanFacts& facts_;
  Plan plan_;
  int jobs_ = 0;
  int started_ = 0;
  int stopped_ = 0;
};

}  // namespace

Plan make_plan(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record, const PlanFacts& facts,
               Time now) {
  Planner planner{desired, record, facts};
  const bool same = record && record->course.active &&
                    classify(record->course.active->application.spec, desired.application.spec) != ChangeKind::NewRevision;
  auto plan = same ? planner.nothing() : planner.rollout(now);
  if (const auto sentence = not_retried(desired, record); !sentence.empty()) plan.findings.push_back(sentence);
  if (record && record->course.active && is_terminal(record->standing.phase)) {
    const bool went_back = record->course.back || record->standing.phase == Phase::RolledBack;
    if (const auto note = schema_note(*record); went_back && !note.empty()) plan.findings.push_back(note);
  }
  if (const auto written = secrets_written_in(desired.application); !written.empty()) {
    plan.findings.push_back(
        fmt::format("{} in the manifest: better {{fromFile: …}}: {}",
                    written.size() == 1 ? "a secret is written" : "secrets are written", fmt::join(written, ", ")));
  }
  if (record && record->course.active) plan.changes = diff(record->course.active->application, desired.application);
  return plan;
}

}  // namespace teal
