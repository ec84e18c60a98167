// A rollout as the API shows it, and as the command line reads it back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/api/analysis.hpp"
#include "manifests/api/database.hpp"
#include "manifests/api/evidence.hpp"
#include "manifests/api/metadata.hpp"
#include "manifests/api/pull_progress.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/spec/phase.hpp"
#include "manifests/wire/api_forms.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

// A job of the migration, or a hook.
struct JobStatus {
  std::string job;
  std::string state;  // NotNeeded | Pending | Running | Succeeded | Failed | Unknown
  int attempts = 0;
  std::optional<int> exit_code;
  std::string message;
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  std::optional<DatabaseObject> database;
  std::string hook;              // where it runs, "beforeMigration"; empty: a job of the migration
  std::optional<bool> required;  // of a hook
  std::string phase;             // of a job: AfterCutover; empty: before the new replicas start

  bool operator==(const JobStatus&) const = default;
};

struct PhaseStatus {
  std::string phase;
  std::optional<Time> started_at;
  std::optional<Time> finished_at;

  bool operator==(const PhaseStatus&) const = default;
};

// In seconds.
struct LatencyStatus {
  double p50 = 0;
  double p99 = 0;
  double max = 0;

  bool operator==(const LatencyStatus&) const = default;
};

// Requests that teald itself sent through the load balancers, and what those counted.
struct TrafficStatus {
  std::uint64_t probes = 0;
  std::uint64_t failed = 0;
  std::optional<LatencyStatus> latency;
  std::uint64_t load_balancer_errors = 0;

  bool operator==(const TrafficStatus&) const = default;
};

struct RollbackStatus {
  int to_revision = 0;
  std::string by;
  std::string message;  // what becomes of the schema

  bool operator==(const RollbackStatus&) const = default;
};

struct RolloutStatus {
  std::string phase;
  std::string reason;  // CamelCase
  std::string message;
  std::string failure_reason;  // the first cause
  std::string failure;
  std::string from_version;
  std::string requested_by;
  std::string to_version;
  std::string image_digest;
  std::optional<PullProgress> pull;  // none: nothing was pulled
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  std::vector<PhaseStatus> phases;
  std::vector<JobStatus> migration;
  std::vector<JobStatus> hooks;
  std::string final_version;  // hops: Automatic: the version that this is a stop on the way to
  TrafficStatus traffic;
  std::optional<RollbackStatus> rollback;  // it goes back to an earlier revision
  std::string followed_by;                 // "retry" or "rollback", asked for since it ended
  std::optional<Evidence> evidence;
  std::vector<AnalysisRecord> analysis;

  bool operator==(const RolloutStatus&) const = default;
};

struct RolloutSpec {
  std::string application;
  int revision = 0;
  std::optional<std::int64_t> generation;  // of the spec that it is for
  std::string version;
  std::string image;

  bool operator==(const RolloutSpec&) const = default;
};

struct RolloutObject {
  ObjectMetadata metadata;
  RolloutSpec spec;
  RolloutStatus status;

  bool operator==(const RolloutObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<JobStatus> auto& job) {
  v.type("RolloutJob");
  v("job", job.job);
  v("state", job.state);
  v("attempts", job.attempts);
  v("exitCode", job.exit_code);
  v("message", job.message, wire::unless_default);
  v("startedAt", job.started_at);
  v("finishedAt", job.finished_at);
  v("database", job.database);
  v("hook", job.hook, wire::unless_default);
  v("required", job.required);
  v("phase", job.phase, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<PhaseStatus> auto& span) {
  v.type("RolloutPhase");
  v("phase", span.phase, {}, wire::WordOf<spec::Phase>{});
  v("startedAt", span.started_at);
  v("finishedAt", span.finished_at);
}

template <class V>
void describe(V& v, wire::Is<LatencyStatus> auto& latency) {
  v.type("Latency");
  v("p50", latency.p50);
  v("p99", latency.p99);
  v("max", latency.max);
}

template <class V>
void describe(V& v, wire::Is<TrafficStatus> auto& traffic) {
  v.type("Traffic");
  v("probes", traffic.probes);
  v("failed", traffic.failed);
  v("latencySeconds", traffic.latency);
  v("loadBalancerErrors", traffic.load_balancer_errors);
}

template <class V>
void describe(V& v, wire::Is<RollbackStatus> auto& rollback) {
  v.type("Rollback");
  v("toRevision", rollback.to_revision);
  v("by", rollback.by);
  v("message", rollback.message, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<RolloutStatus> auto& status) {
  v.type("RolloutStatus");
  v("phase", status.phase, {}, wire::WordOf<spec::Phase>{});
  v("reason", status.reason);
  v("message", status.message);
  v("failureReason", status.failure_reason, wire::unless_default);
  v("failure", status.failure, wire::unless_default);
  v("fromVersion", status.from_version);
  v("requestedBy", status.requested_by, wire::unless_default);
  v("toVersion", status.to_version);
  v("imageDigest", status.image_digest);
  v("pull", status.pull);
  v("startedAt", status.started_at);
  v("finishedAt", status.finished_at);
  v("phases", status.phases);
  v("migration", status.migration);
  v("hooks", status.hooks, wire::unless_default);
  v("finalVersion", status.final_version, wire::unless_default);
  v("walksTo", status.final_version, wire::unless_default);  // its name until the release before; goes with the next
  v("traffic", status.traffic);
  v("rollback", status.rollback);
  v("followedBy", status.followed_by, wire::unless_default);
  v("evidence", status.evidence);
  v("analysis", status.analysis, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<RolloutSpec> auto& spec) {
  v.type("RolloutSpec");
  v("application", spec.application);
  v("revision", spec.revision);
  v("generation", spec.generation);
  v("version", spec.version);
  v("image", spec.image);
}

template <class V>
void describe(V& v, wire::Is<RolloutObject> auto& rollout) {
  v.type("Rollout");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "Rollout");
  v("metadata", rollout.metadata);
  v("spec", rollout.spec);
  v("status", rollout.status);
}

}  // namespace teal::objects
