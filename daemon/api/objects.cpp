#include "daemon/api/objects.hpp"

#include <boost/json/array.hpp>
#include <string>

#include "controllers/records/pull_json.hpp"
#include "controllers/records/record_analysis_json.hpp"
#include "controllers/records/record_evidence_json.hpp"
#include "controllers/records/traffic_json.hpp"
#include "daemon/api/database_object.hpp"
#include "manifests/json.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

void put(json::object& object, const char* key, const std::optional<Time>& time) {
  if (time) object[key] = format_time(*time);
}

json::object replica(const ReplicaStatus& status) {
  json::object out;
  out["name"] = status.name;
  out["revision"] = status.revision;
  out["state"] = status.state;
  out["address"] = status.address;
  out["health"] = status.health;
  out["loadBalancer"] = status.load_balancer;
  out["sessions"] = status.sessions;
  return out;
}

json::object condition(const Condition& status) {
  json::object out;
  out["type"] = status.type;
  out["status"] = status.status;
  out["reason"] = status.reason;
  out["message"] = status.message;
  out["lastTransitionTime"] = format_time(status.last_transition);
  return out;
}

json::object application_status(const ApplicationStatus& status) {
  json::object out;
  out["observedGeneration"] = status.observed_generation;
  out["phase"] = status.phase;
  out["message"] = status.message;
  out["activeVersion"] = status.active_version;
  out["activeRevision"] = status.active_revision;
  out["rollout"] = status.rollout;
  json::array conditions;
  for (const auto& each : status.conditions) conditions.push_back(condition(each));
  out["conditions"] = std::move(conditions);
  json::array components;
  for (const auto& component : status.components) {
    json::object entry;
    entry["name"] = component.name;
    entry["desired"] = component.desired;
    entry["ready"] = component.ready;
    json::array replicas;
    for (const auto& each : component.replicas) replicas.push_back(replica(each));
    entry["replicas"] = std::move(replicas);
    components.push_back(std::move(entry));
  }
  out["components"] = std::move(components);
  return out;
}

json::object job(const JobRecord& record) {
  json::object out;
  out["job"] = record.job;
  out["state"] = to_string(record.state);
  out["attempts"] = record.attempts;
  if (record.exit_code) out["exitCode"] = *record.exit_code;
  if (!record.detail.empty()) out["message"] = record.detail;
  put(out, "startedAt", record.started_at);
  put(out, "finishedAt", record.finished_at);
  if (record.database != DatabaseRecord{}) out["database"] = database_object(record.database);
  return out;
}

json::object hook(const JobRecord& record, const ApplicationSpec& spec) {
  auto out = job(record);
  const auto point = find_hook(spec.hooks, record.job);
  if (point) out["hook"] = to_string(*point);
  const auto* wanted = find_job(spec, record.job);
  out["required"] = wanted != nullptr && wanted->required;
  return out;
}

json::object rollout_status(const RolloutRecord& record) {
  json::object out;
  out["phase"] = to_string(record.phase);
  out["reason"] = record.reason;
  out["message"] = record.message;
  if (!record.failure_reason.empty()) out["failureReason"] = record.failure_reason;
  if (!record.failure.empty()) out["failure"] = record.failure;
  out["fromVersion"] = record.from_version;
  if (!record.requested_by.empty()) out["requestedBy"] = record.requested_by;
  out["toVersion"] = record.target.application.spec.version;
  out["imageDigest"] = record.target.image_digest;
  if (record.pull) out["pull"] = to_json(*record.pull);
  out["startedAt"] = format_time(record.started_at);
  put(out, "finishedAt", record.finished_at);
  json::array phases;
  for (const auto& span : record.phases) {
    json::object entry;
    entry["phase"] = to_string(span.phase);
    entry["startedAt"] = format_time(span.started_at);
    put(entry, "finishedAt", span.finished_at);
    phases.push_back(std::move(entry));
  }
  out["phases"] = std::move(phases);
  json::array migration;
  for (const auto& each : record.jobs) {
    auto entry = job(each);
    const auto* wanted = find_job(record.target.application.spec, each.job);
    if (wanted != nullptr && wanted->phase == JobPhase::AfterCutover) entry["phase"] = "AfterCutover";
    migration.push_back(std::move(entry));
  }
  out["migration"] = std::move(migration);
  if (!record.hooks.empty()) {
    json::array hooks;
    for (const auto& each : record.hooks) hooks.push_back(hook(each, record.target.application.spec));
    out["hooks"] = std::move(hooks);
  }
  if (!record.walks_to.empty()) out["walksTo"] = record.walks_to;
  out["traffic"] = traffic_status(record.traffic);
  if (record.rollback) {
    json::object rollback;
    rollback["toRevision"] = record.rollback->to_revision;
    rollback["by"] = record.rollback->by;
    if (!record.rollback->note.empty()) rollback["message"] = record.rollback->note;
    out["rollback"] = std::move(rollback);
  }
  // Said as soon as it is on record: whoever waits must not take this end for that of what was asked for.
  if (is_terminal(record.phase) && (record.retry || record.ordered)) out["followedBy"] = record.retry ? "retry" : "rollback";
  if (record.evidence) out["evidence"] = to_json(*record.evidence);
  if (!record.analysis.empty()) out["analysis"] = to_json(record.analysis);
  return out;
}

}  // namespace

json::object application_object(const ApplicationView& view) {
  const auto& record = view.record;
  json::object out = to_public_json(record.application);
  auto& metadata = out["metadata"].as_object();
  metadata["uid"] = record.uid;
  metadata["generation"] = record.generation;
  metadata["resourceVersion"] = std::to_string(view.resource_version);
  metadata["creationTimestamp"] = format_time(record.created_at);
  if (!record.file.empty()) {
    json::object annotations;
    annotations["teal/manifest-file"] = record.file;
    metadata["annotations"] = std::move(annotations);
  }
  out["status"] = application_status(view.status);
  return out;
}

json::object rollout_object(const RolloutRecord& record) {
  json::object out;
  out["apiVersion"] = "teal/v1";
  out["kind"] = "Rollout";
  json::object metadata;
  metadata["name"] = rollout_name(record);
  json::object labels;
  labels["teal.application"] = record.application;
  metadata["labels"] = std::move(labels);
  metadata["resourceVersion"] = std::to_string(record.version);
  metadata["creationTimestamp"] = format_time(record.started_at);
  out["metadata"] = std::move(metadata);
  json::object spec;
  spec["application"] = record.application;
  spec["revision"] = record.target.number;
  spec["generation"] = record.generation;
  spec["version"] = record.target.application.spec.version;
  spec["image"] = image_reference(record.target.application.spec);
  out["spec"] = std::move(spec);
  out["status"] = rollout_status(record);
  return out;
}

json::object event_object(const StoredEvent& stored) {
  const Event& event = stored.event;
  json::object out;
  out["apiVersion"] = "teal/v1";
  out["kind"] = "Event";
  json::object metadata;
  metadata["name"] = "event-" + std::to_string(stored.sequence);
  metadata["resourceVersion"] = std::to_string(stored.sequence);
  metadata["creationTimestamp"] = format_time(event.time);
  out["metadata"] = std::move(metadata);
  out["time"] = format_time(event.time);
  out["type"] = event.warning ? "Warning" : "Normal";
  out["reason"] = event.reason;
  out["message"] = event.message;
  out["application"] = event.application;
  json::object object;
  const auto slash = event.object.find('/');
  const bool has_kind = slash != std::string::npos;
  object["kind"] = has_kind ? event.object.substr(0, slash) : std::string("Application");
  object["name"] = has_kind ? event.object.substr(slash + 1) : event.object;
  out["involvedObject"] = std::move(object);
  return out;
}

json::object list_object(std::string_view kind, std::uint64_t resource_version, json::array items) {
  json::object out;
  out["apiVersion"] = "teal/v1";
  out["kind"] = kind;
  json::object metadata;
  metadata["resourceVersion"] = std::to_string(resource_version);
  out["metadata"] = std::move(metadata);
  out["items"] = std::move(items);
  return out;
}

}  // namespace teal::api
