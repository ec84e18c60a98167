// A plan: what a rollout would do, before anything happens. Computed by teald, shown by the API, printed by `teal
// plan`.
#pragma once

#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/spec/diff.hpp"
#include "manifests/wire/api_forms.hpp"
#include "manifests/wire/field.hpp"
#include "manifests/wire/field_change.hpp"

namespace teal::objects {

struct PlanStep {
  std::string phase;    // "Migrating"
  std::string action;   // "RunMigration", "StartReplica", "AttachServer", "DrainServer", "StopReplica", …
  std::string object;   // "teal-shop-default-r7-1", "server teal-shop-api-r7-0 in backend shop_api of edge"
  std::string message;  // a sentence

  bool operator==(const PlanStep&) const = default;
};

// A migration job or a hook.
struct PlanJob {
  std::string job;
  std::string point;  // "BeforeStart", "AfterCutover"; of a hook "beforeMigration" …
  bool is_hook = false;
  bool required = true;   // its failure stops the rollout
  bool needed = true;     // false: done before for this image, or there is no migration that the hook belongs to
  std::string container;  // of its first attempt
  std::string command;    // secrets in it masked
  std::string user;       // of the database; empty: the job does not say
  std::string database;   // "generator at db.internal:5432"; empty: the job does not say
  std::vector<std::string> credentials;  // names of the variables that only it gets
  std::string done;                      // when and by which revision it was done before; empty: it was not

  bool operator==(const PlanJob&) const = default;
};

struct PlanPolicy {
  bool allowed = true;
  std::string strategy;  // "BlueGreen" or "Recreate", when allowed
  std::string message;   // which rule says so, and what to do when it is not allowed

  bool operator==(const PlanPolicy&) const = default;
};

struct PlanDuration {
  std::string phase;
  Duration took{};

  bool operator==(const PlanDuration&) const = default;
};

struct Plan {
  std::string application;
  std::string from_version;  // empty on first installation
  std::string to_version;
  int revision = 0;     // that the rollout would have; 0 when there is nothing to roll out
  std::string summary;  // "2025.2.0 → 2025.2.1: 1 migration job, 3 replicas to start, 3 to stop"
  std::vector<spec::FieldChange> changes;
  std::vector<PlanStep> steps;
  PlanPolicy policy;
  std::vector<std::string> way;  // the versions of all rollouts to come, with hops: Automatic; else only to_version
  std::vector<PlanJob> jobs;     // in the order in which they run
  int timed_revision = 0;        // whose rollout `last_time` is of; 0: none has completed yet
  std::vector<PlanDuration> last_time;
  std::vector<std::string> findings;  // what would block or surprise

  bool operator==(const Plan&) const = default;
};

template <class V>
void describe(V& v, wire::Is<PlanStep> auto& step) {
  v.type("PlanStep");
  v("phase", step.phase);
  v("action", step.action);
  v("object", step.object);
  v("message", step.message);
}

template <class V>
void describe(V& v, wire::Is<PlanJob> auto& job) {
  v.type("PlanJob");
  v("job", job.job);
  v("hook", job.point, {.when = job.is_hook}, wire::NameByKey{job.is_hook, true});
  v("phase", job.point, {.when = !job.is_hook}, wire::NameByKey{job.is_hook, false});
  v("required", job.required, {.when = job.is_hook});
  v("needed", job.needed);
  v("done", job.done, wire::unless_default);
  v("container", job.container);
  v("command", job.command);
  v("user", job.user, wire::unless_default);
  v("database", job.database, wire::unless_default);
  v("credentials", job.credentials);
}

template <class V>
void describe(V& v, wire::Is<PlanPolicy> auto& policy) {
  v.type("PlanPolicy");
  v("allowed", policy.allowed);
  v("strategy", policy.strategy, {.when = policy.allowed});
  v("message", policy.message);
}

template <class V>
void describe(V& v, wire::Is<PlanDuration> auto& duration) {
  v.type("PlanDuration");
  v("phase", duration.phase);
  v("seconds", duration.took, {}, wire::Seconds{});
}

template <class V>
void describe(V& v, wire::Is<Plan> auto& plan) {
  v.type("Plan");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "Plan");
  v.group("metadata", {}, [&](auto& metadata) { metadata("name", plan.application); });
  v("fromVersion", plan.from_version);
  v("toVersion", plan.to_version);
  v("revision", plan.revision);
  v("summary", plan.summary);
  v("changes", plan.changes);
  v("steps", plan.steps);
  const bool rolls_out = plan.revision > 0;
  v("policy", plan.policy, {.when = rolls_out});
  v("way", plan.way, {.when = rolls_out});
  v("jobs", plan.jobs, {.when = rolls_out});
  v.group("lastTime", {.when = plan.timed_revision > 0}, [&](auto& last) {
    last("revision", plan.timed_revision);
    last("phases", plan.last_time);
  });
  v("findings", plan.findings);
}

}  // namespace teal::objects
