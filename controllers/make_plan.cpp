#include "controllers/make_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <ranges>

#include "controllers/rollout/aftermath.hpp"
#include "controllers/rollout/policy.hpp"
#include "manifests/json.hpp"
#include "manifests/supported.hpp"

namespace teal {
namespace {

class Planner {
 public:
  Planner(const ApplicationRecord& desired, const std::optional<RolloutRecord>& record, const PlanFacts& facts)
      : desired_(desired), active_(record ? record->active : std::nullopt), facts_(facts) {
    plan_.application = desired.application.name;
    plan_.to_version = spec().version;
    plan_.findings = facts.findings;
    if (active_) plan_.from_version = active_->application.spec.version;
    plan_.revision = record ? record->target.number + 1 : 1;
  }

  Plan nothing() {
    plan_.revision = 0;
    plan_.summary = "nothing to roll out";
    scale();
    return std::move(plan_);
  }

  Plan rollout(Time now) {
    for (const auto& sentence : unsupported_features(desired_.application)) plan_.findings.push_back(sentence);
    RolloutRecord would;
    would.target.application = desired_.application;
    would.active = active_;
    const auto verdict = upgrade_verdict(would);
    if (!verdict.allowed) plan_.findings.push_back(verdict.why.message);
    if (spec().suspend) plan_.findings.emplace_back("spec.suspend is true: nothing starts before it is false");
    if (const auto window = window_of(spec().rollout.windows, now); !window.open) {
      plan_.findings.push_back("outside every maintenance window: it would wait until " + format_time(window.opens_at));
    }
    prepare();
    const bool recreate = verdict.allowed && verdict.strategy == Strategy::Recreate;
    if (recreate) leave();
    migrate();
    start();
    if (!recreate) leave();
    plan_.summary = fmt::format("{} → {}: {} migration {} to run, {} {} to start, {} to stop",
                                plan_.from_version.empty() ? "nothing" : plan_.from_version, plan_.to_version, jobs_,
                                jobs_ == 1 ? "job" : "jobs", started_, started_ == 1 ? "replica" : "replicas", stopped_);
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const ApplicationSpec& spec() const { return desired_.application.spec; }

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

  void migrate() {
    if (spec().migration.mode == MigrationMode::ApplicationManaged) return;
    for (const auto& job : spec().migration.jobs) {
      const auto container = name(job.name, plan_.revision, 1);
      if (facts_.migrated.contains(job.name)) {
        step("Migrating", "SkipMigration", container,
             fmt::format("skip migration job {}: done before for this image", job.name));
        continue;
      }
      jobs_ += 1;
      step("Migrating", "RunMigration", container,
           fmt::format("run {} in the new image: {} (migration credentials: {}; at most {} attempts of {})", container,
                       mask_connection_strings(fmt::format("{}", fmt::join(job.command, " "))),
                       fmt::join(std::views::keys(job.credentials), ", "),
                       spec().migration.idempotent ? spec().migration.attempts : 1,
                       format_duration(spec().migration.timeout)));
    }
  }

  void start() {
    for (const auto& component : spec().components) {
      for (int index = 0; index < component.replicas; ++index) {
        const bool in_place = component.replace == Replace::StopFirst && active_;
        step(in_place ? "Introducing" : "Starting", "StartReplica", name(component.name, plan_.revision, index),
             fmt::format("start {}{}", name(component.name, plan_.revision, index),
                         in_place ? " once the old one has ended" : " with application credentials only"));
        started_ += 1;
      }
    }
    for (const auto& component : spec().components) {
      if (!component.load_balancer) continue;
      for (int index = 0; index < component.replicas; ++index) {
        step("Introducing", "AddServer", server(name(component.name, plan_.revision, index), *component.load_balancer),
             fmt::format("add {} once {} was healthy {} times in a row",
                         server(name(component.name, plan_.revision, index), *component.load_balancer),
                         component.health.path, component.health.successes));
      }
    }
    step("Verifying", "Bake", plan_.application,
         fmt::format("bake for {} with old and new in traffic", format_duration(spec().rollout.bake)));
    if (spec().rollout.approval == Approval::BeforeCutover) {
      step("AwaitingApproval", "Wait", plan_.application, "wait until somebody approves");
    }
  }

  void leave() {
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
    for (const auto& component : old.components) {
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
  const bool same = record && record->active &&
                    classify(record->active->application.spec, desired.application.spec) != ChangeKind::NewRevision;
  auto plan = same ? planner.nothing() : planner.rollout(now);
  if (const auto sentence = not_retried(desired, record); !sentence.empty()) plan.findings.push_back(sentence);
  if (record && record->active && is_terminal(record->phase)) {
    const bool went_back = record->rollback || record->phase == Phase::RolledBack;
    if (const auto note = schema_note(*record); went_back && !note.empty()) plan.findings.push_back(note);
  }
  if (record && record->active) plan.changes = diff(record->active->application, desired.application);
  return plan;
}

}  // namespace teal
