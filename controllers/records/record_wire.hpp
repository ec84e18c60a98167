// The descriptions (manifests/wire/field.hpp) of records. Fields that were added after the first release of their
// record, and fields that usually have their default, are omitted while they have it.
#pragma once

#include "controllers/records/record.hpp"
#include "controllers/records/record_forms.hpp"
#include "manifests/api/database.hpp"
#include "manifests/wire/decode_application.hpp"
#include "manifests/wire/field.hpp"

namespace teal::records {

using wire::unless_default;

template <class V>
void describe(V& v, wire::Is<ValuesRecord> auto& values) {
  v("fingerprints", values.fingerprints);
  v("changes", values.changes);
  v("known", values.known);
  v("problem", values.problem);
}

template <class V>
void describe(V& v, wire::Is<ApplicationRecord> auto& record) {
  v("application", record.application, wire::needed);
  v("uid", record.uid);
  v("generation", record.generation, wire::needed);
  v("file", record.file);
  v("orphaned", record.orphaned);
  v("problem", record.problem);
  v("specBy", record.spec_by, unless_default);
  v("deleting", record.deleting);
  v("createdAt", record.created_at);
  v("values", record.values, unless_default);
}

template <class V>
void describe(V& v, wire::Is<Revision> auto& revision) {
  v("number", revision.number, wire::needed);
  v("application", revision.application, wire::needed);
  v("imageId", revision.image_id);
  v("imageDigest", revision.image_digest);
  v("imageNamedByDigest", revision.image_named_by_digest, unless_default);
  v("valuesChanges", revision.values_changes, unless_default);
}

template <class V>
void describe(V& v, wire::Is<DatabaseRecord> auto& database) {
  v("locked", database.locked);
  v("holder", database.holder);
  v("ledgerRow", database.ledger_row);
  v("outcome", database.outcome);
  v("fingerprintBefore", database.fingerprint_before);
  v("fingerprintAfter", database.fingerprint_after);
  v("verdict", database.verdict);
  v("endedAt", database.ended_at);
  v("checkedAt", database.checked_at);
  v("findings", database.findings);
}

template <class V>
void describe(V& v, wire::Is<JobRecord> auto& job) {
  v("job", job.job, wire::needed);
  v("state", job.state, wire::needed);
  v("attempts", job.attempts);
  v("exitCode", job.exit_code);
  v("detail", job.detail);
  v("startedAt", job.started_at);
  v("finishedAt", job.finished_at);
  v("timedOutAt", job.timed_out_at);
  v("repeats", job.repeats);
  v("database", job.database, unless_default);
}

template <class V>
void describe(V& v, wire::Is<PhaseSpan> auto& span) {
  v("phase", span.phase, wire::needed);
  v("startedAt", span.started_at);
  v("finishedAt", span.finished_at);
}

template <class V>
void describe(V& v, wire::Is<TrafficCount> auto& traffic) {
  v("probes", traffic.probes);
  v("failed", traffic.failed);
  v("latency", traffic.latency.counts, {}, LatencySteps{});
  v("longestMicroseconds", traffic.latency.longest);
  v("errors", traffic.errors);
  v("seenErrors", traffic.seen_errors);
  v("seenRequests", traffic.seen_requests, unless_default);
  v("reached", traffic.reached, unless_default);
}

template <class V>
void describe(V& v, wire::Is<StopRecord> auto& stop) {
  v("decidedAt", stop.decided_at, wire::needed);
  v("delivered", stop.delivered);
  v("tries", stop.tries);
  v("killAskedBy", stop.kill_asked_by, unless_default);
  v("killedAt", stop.killed_at);
}

template <class V>
void describe(V& v, wire::Is<AsideRecord> auto& aside) {
  v("since", aside.since, wire::needed);
  v("givenBack", aside.given_back, unless_default);
}

template <class V>
void describe(V& v, wire::Is<SilenceRecord> auto& silence) {
  v("since", silence.since, wire::needed);
  v("told", silence.told);
}

template <class V>
void describe(V& v, wire::Is<RestartRecord> auto& restart) {
  v("count", restart.count);
  v("lastAt", restart.last_at);
  v("container", restart.container);
  v("forgiven", restart.forgiven, unless_default);
}

template <class V>
void describe(V& v, wire::Is<RollbackOrigin> auto& origin) {
  v("toRevision", origin.to_revision, wire::needed);
  v("by", origin.by);
  v("note", origin.note);
  v("shelved", origin.shelved, wire::needed);
}

template <class V>
void describe(V& v, wire::Is<RollbackOrder> auto& order) {
  v("to", order.to, wire::needed);
  v("by", order.by);
  v("note", order.note);
}

template <class V>
void describe_blame(V& v, wire::Is<Blame> auto& blame) {
  using enum Blame::Whose;
  v("suspectedAt", blame.at, {.when = blame.whose == NewRevision}, BlamedAt{blame.whose, NewRevision});
  v("excusedAt", blame.at, {.when = blame.whose == Shared}, BlamedAt{blame.whose, Shared});
}

template <class V>
void describe(V& v, wire::Is<RolloutRecord> auto& record) {
  v("application", record.application, wire::needed);
  v("generation", record.generation, wire::needed);
  v("target", record.course.target, wire::needed);
  v("active", record.course.active);
  v("fromVersion", record.course.from_version);
  v("requestedBy", record.course.requested_by, unless_default);
  v("strategy", record.course.strategy);
  v("phase", record.standing.phase, wire::needed);
  v("settlesAs", record.outcome.settles_as);
  v("reason", record.outcome.reason);
  v("message", record.outcome.message);
  v("failureReason", record.outcome.failure_reason);
  v("failure", record.outcome.failure);
  v("startedAt", record.started_at, wire::needed);
  v("finishedAt", record.outcome.finished_at);
  v("phases", record.standing.phases);
  v("jobs", record.jobs, wire::needed);  // what has run decides what may run
  v("hooks", record.hooks, unless_default);
  v("analysis", record.analysis, unless_default);
  v("evidence", record.outcome.evidence);
  v("removedServers", record.outcome.removed_servers, unless_default);
  v("rollback", record.course.back);
  v("ordered", record.orders.rollback);
  v("traffic", record.traffic);
  v("pull", record.pull);
  v("pulled", record.pulled);
  v("approved", record.orders.approved);
  v("paused", record.orders.paused);
  v("walksTo", record.course.final_version, unless_default);
  v("sameImage", record.course.same_image, unless_default);
  v("newerLedgerAccepted", record.course.newer_ledger_accepted, unless_default);
  v("retry", record.orders.retry);
  v("maintenance", record.orders.maintenance, unless_default);
  v("awaiting", record.standing.awaiting);
  v("progress", record.standing.progress);
  v("verifiedProbes", record.standing.verified_probes);
  v("progressedAt", record.standing.patience.since);
  v("interruptedAt", record.standing.bake_from);
  describe_blame(v, record.standing.blame);
  v("draining", record.leaving.draining);
  v("stopping", record.leaving.stopping);
  v("silences", record.silences, unless_default);
  v("failingOpen", record.failing_open, unless_default);
  v("restarts", record.restarts);
  v("made", record.made, unless_default);
  v("aside", record.aside, unless_default);
  v("admitted", record.admitted, unless_default);
  v("predecessors", record.predecessors, unless_default);
  v("version", record.version, wire::needed);
}

}  // namespace teal::records
