#include "controllers/records/record_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "controllers/records/json_reader.hpp"
#include "controllers/records/pull_json.hpp"
#include "controllers/records/record_analysis_json.hpp"
#include "controllers/records/record_database_json.hpp"
#include "controllers/records/record_evidence_json.hpp"
#include "controllers/records/record_revision_json.hpp"
#include "controllers/records/traffic_json.hpp"
#include "manifests/json.hpp"
#include "manifests/parse.hpp"

namespace teal {
namespace {

namespace json = boost::json;

void put(json::object& object, std::string_view key, const std::optional<Time>& time) {
  if (time) object[key] = format_time(*time);
}

json::object job_json(const JobRecord& job) {
  json::object out;
  out["job"] = job.job;
  out["state"] = to_string(job.state);
  out["attempts"] = job.attempts;
  if (job.exit_code) out["exitCode"] = *job.exit_code;
  out["detail"] = job.detail;
  put(out, "startedAt", job.started_at);
  put(out, "finishedAt", job.finished_at);
  put(out, "timedOutAt", job.timed_out_at);
  if (job.repeats) out["repeats"] = to_string(*job.repeats);
  if (job.database != DatabaseRecord{}) out["database"] = to_json(job.database);
  return out;
}

json::object span_json(const PhaseSpan& span) {
  json::object out;
  out["phase"] = to_string(span.phase);
  out["startedAt"] = format_time(span.started_at);
  put(out, "finishedAt", span.finished_at);
  return out;
}

Phase read_phase(const JsonReader& reader, std::string_view key) {
  constexpr Phase all[] = {Phase::Pending,     Phase::Preparing,        Phase::Migrating,   Phase::Starting,
                           Phase::Introducing, Phase::Verifying,        Phase::Withdrawing, Phase::Retiring,
                           Phase::Complete,    Phase::AwaitingApproval, Phase::RollingBack, Phase::RolledBack,
                           Phase::Failed,      Phase::Superseded};
  return reader.one_of(key, all);
}

JobState read_job_state(const JsonReader& reader, std::string_view key) {
  constexpr JobState all[] = {JobState::NotNeeded, JobState::Pending, JobState::Running,
                              JobState::Succeeded, JobState::Failed,  JobState::Unknown};
  return reader.one_of(key, all);
}

const char* strategy_text(Strategy strategy) { return strategy == Strategy::Recreate ? "Recreate" : "BlueGreen"; }

Strategy read_strategy(const JsonReader& reader, std::string_view key) {
  const auto word = reader.text(key);
  if (word == "Recreate") return Strategy::Recreate;
  if (word != "BlueGreen") reader.fail(std::string(key) + " is none of the known words");
  return Strategy::BlueGreen;
}

JobRecord read_job(const JsonReader& reader) {
  JobRecord job;
  job.job = reader.text("job");
  job.state = read_job_state(reader, "state");
  job.attempts = reader.number<int>("attempts");
  if (reader.has("exitCode")) job.exit_code = reader.number<int>("exitCode");
  job.detail = reader.text("detail");
  job.started_at = reader.optional_time("startedAt");
  job.finished_at = reader.optional_time("finishedAt");
  job.timed_out_at = reader.optional_time("timedOutAt");
  if (reader.has("repeats")) job.repeats = read_job_state(reader, "repeats");
  if (reader.has("database")) job.database = read_database(reader.child("database"));
  return job;
}

PhaseSpan read_span(const JsonReader& reader) {
  PhaseSpan span;
  span.phase = read_phase(reader, "phase");
  span.started_at = reader.time("startedAt");
  span.finished_at = reader.optional_time("finishedAt");
  return span;
}

json::object draining_json(const RolloutRecord& record) {
  json::object out;
  for (const auto& [server, since] : record.draining) out[server] = format_time(since);
  return out;
}

json::object stopping_json(const RolloutRecord& record) {
  json::object out;
  for (const auto& [container, stop] : record.stopping) {
    json::object entry;
    entry["decidedAt"] = format_time(stop.decided_at);
    entry["delivered"] = stop.delivered;
    entry["tries"] = stop.tries;
    out[container] = std::move(entry);
  }
  return out;
}

json::object restarts_json(const RolloutRecord& record) {
  json::object out;
  for (const auto& [container, restart] : record.restarts) {
    json::object entry;
    entry["count"] = restart.count;
    entry["lastAt"] = format_time(restart.last_at);
    entry["container"] = restart.container;
    if (restart.forgiven > 0) entry["forgiven"] = restart.forgiven;
    out[container] = std::move(entry);
  }
  return out;
}

void read_maps(const JsonReader& reader, RolloutRecord& record) {
  const JsonReader draining = reader.child("draining");
  for (const auto& key : draining.keys()) record.draining[key] = draining.time(key);
  const JsonReader stopping = reader.child("stopping");
  for (const auto& key : stopping.keys()) {
    const JsonReader entry = stopping.child(key);
    StopRecord stop;
    stop.decided_at = entry.time("decidedAt");
    stop.delivered = entry.flag("delivered");
    if (entry.has("tries")) stop.tries = entry.number<int>("tries");
    record.stopping[key] = stop;
  }
  const JsonReader restarts = reader.child("restarts");
  for (const auto& key : restarts.keys()) {
    const JsonReader entry = restarts.child(key);
    RestartRecord restart;
    restart.count = entry.number<int>("count");
    restart.last_at = entry.time("lastAt");
    restart.container = entry.text("container");
    if (entry.has("forgiven")) restart.forgiven = entry.number<int>("forgiven");
    record.restarts[key] = restart;
  }
}

}  // namespace

json::object to_json(const ApplicationRecord& record) {
  json::object out;
  out["application"] = to_json(record.application);
  out["uid"] = record.uid;
  out["generation"] = record.generation;
  out["file"] = record.file;
  out["orphaned"] = record.orphaned;
  out["problem"] = record.problem;
  if (!record.spec_by.empty()) out["specBy"] = record.spec_by;
  out["deleting"] = record.deleting;
  out["createdAt"] = format_time(record.created_at);
  if (record.values != ValuesRecord{}) out["values"] = to_json(record.values);
  return out;
}

json::object to_json(const RolloutRecord& record) {
  json::object out;
  out["application"] = record.application;
  out["generation"] = record.generation;
  out["target"] = to_json(record.target);
  if (record.active) out["active"] = to_json(*record.active);
  out["fromVersion"] = record.from_version;
  if (!record.requested_by.empty()) out["requestedBy"] = record.requested_by;
  if (record.strategy) out["strategy"] = strategy_text(*record.strategy);
  out["phase"] = to_string(record.phase);
  out["settlesAs"] = to_string(record.settles_as);
  out["reason"] = record.reason;
  out["message"] = record.message;
  out["failureReason"] = record.failure_reason;
  out["failure"] = record.failure;
  out["startedAt"] = format_time(record.started_at);
  put(out, "finishedAt", record.finished_at);
  json::array phases;
  for (const auto& span : record.phases) phases.push_back(span_json(span));
  out["phases"] = std::move(phases);
  json::array jobs;
  for (const auto& job : record.jobs) jobs.push_back(job_json(job));
  out["jobs"] = std::move(jobs);
  if (!record.hooks.empty()) {
    json::array hooks;
    for (const auto& hook : record.hooks) hooks.push_back(job_json(hook));
    out["hooks"] = std::move(hooks);
  }
  if (!record.analysis.empty()) out["analysis"] = to_json(record.analysis);
  if (record.evidence) out["evidence"] = to_json(*record.evidence);
  if (!record.removed_servers.empty()) out["removedServers"] = to_json(record.removed_servers);
  if (record.rollback) out["rollback"] = to_json(*record.rollback);
  if (record.ordered) out["ordered"] = to_json(*record.ordered);
  out["traffic"] = traffic_json(record.traffic);
  if (record.pull) out["pull"] = to_json(*record.pull);
  out["pulled"] = record.pulled;
  out["approved"] = record.approved;
  out["paused"] = record.paused;
  if (record.cut_over) out["cutOver"] = true;
  if (!record.walks_to.empty()) out["walksTo"] = record.walks_to;
  out["retry"] = record.retry;
  if (record.awaiting) out["awaiting"] = to_string(*record.awaiting);
  out["progress"] = record.progress;
  out["verifiedProbes"] = record.verified_probes;
  put(out, "progressedAt", record.progressed_at);
  put(out, "interruptedAt", record.interrupted_at);
  put(out, "suspectedAt", record.suspected_at);
  put(out, "excusedAt", record.excused_at);
  out["draining"] = draining_json(record);
  out["stopping"] = stopping_json(record);
  out["restarts"] = restarts_json(record);
  out["version"] = record.version;
  return out;
}

Result<ApplicationRecord> application_record_from_json(std::string_view text) {
  JsonDocument document(text, "application record");
  const JsonReader reader = document.root();
  ApplicationRecord record;
  record.application = read_application(reader, "application");
  record.uid = reader.text("uid");
  record.generation = reader.number<std::int64_t>("generation");
  record.file = reader.text("file");
  record.orphaned = reader.flag("orphaned");
  record.problem = reader.text("problem");
  if (reader.has("specBy")) record.spec_by = reader.text("specBy");
  record.deleting = reader.flag("deleting");
  record.created_at = reader.time("createdAt");
  if (reader.has("values")) record.values = read_values(reader.child("values"));
  if (document.error()) return *document.error();
  return record;
}

Result<RolloutRecord> rollout_record_from_json(std::string_view text) {
  JsonDocument document(text, "rollout record");
  const JsonReader reader = document.root();
  RolloutRecord record;
  record.application = reader.text("application");
  record.generation = reader.number<std::int64_t>("generation");
  record.target = read_revision(reader.child("target"));
  if (reader.has("active")) record.active = read_revision(reader.child("active"));
  record.from_version = reader.text("fromVersion");
  if (reader.has("requestedBy")) record.requested_by = reader.text("requestedBy");
  if (reader.has("strategy")) record.strategy = read_strategy(reader, "strategy");
  record.phase = read_phase(reader, "phase");
  record.settles_as = read_phase(reader, "settlesAs");
  record.reason = reader.text("reason");
  record.message = reader.text("message");
  record.failure_reason = reader.text("failureReason");
  record.failure = reader.text("failure");
  record.started_at = reader.time("startedAt");
  record.finished_at = reader.optional_time("finishedAt");
  for (const auto& span : reader.items("phases")) record.phases.push_back(read_span(span));
  for (const auto& job : reader.items("jobs")) record.jobs.push_back(read_job(job));
  if (reader.has("hooks")) {
    for (const auto& hook : reader.items("hooks")) record.hooks.push_back(read_job(hook));
  }
  if (reader.has("analysis")) record.analysis = read_analysis(reader);
  if (reader.has("evidence")) record.evidence = read_evidence(reader.child("evidence"));
  record.removed_servers = read_servers(reader, "removedServers");
  if (reader.has("rollback")) record.rollback = read_rollback_origin(reader.child("rollback"));
  if (reader.has("ordered")) record.ordered = read_rollback_order(reader.child("ordered"));
  record.traffic = traffic_from_json(reader.child("traffic"));
  if (reader.has("pull")) record.pull = read_pull(reader.child("pull"));
  if (reader.has("pulled")) record.pulled = reader.flag("pulled");
  record.approved = reader.flag("approved");
  record.paused = reader.flag("paused");
  if (reader.has("cutOver")) record.cut_over = reader.flag("cutOver");
  if (reader.has("walksTo")) record.walks_to = reader.text("walksTo");
  record.retry = reader.flag("retry");
  if (reader.has("awaiting")) record.awaiting = read_phase(reader, "awaiting");
  record.progress = reader.number<int>("progress");
  record.verified_probes = reader.number<std::uint64_t>("verifiedProbes");
  record.progressed_at = reader.optional_time("progressedAt");
  record.interrupted_at = reader.optional_time("interruptedAt");
  record.suspected_at = reader.optional_time("suspectedAt");
  record.excused_at = reader.optional_time("excusedAt");
  read_maps(reader, record);
  record.version = reader.number<std::uint64_t>("version");
  if (document.error()) return *document.error();
  return record;
}

}  // namespace teal
