#include "daemon/api/objects.hpp"

#include <boost/json/array.hpp>
#include <string>

#include "controllers/records/record_json.hpp"
#include "controllers/records/traffic_status.hpp"
#include "daemon/api/database_object.hpp"
#include "manifests/json.hpp"
#include "manifests/wire/status_json.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

void put(json::object& object, const char* key, const std::optional<Time>& time) {
  if (time) object[key] = format_time(*time);
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
  out["phase"] = to_string(record.standing.phase);
  out["reason"] = to_string(record.outcome.reason);
  out["message"] = record.outcome.message;
  if (!record.outcome.failure_reason.empty()) out["failureReason"] = to_string(record.outcome.failure_reason);
  if (!record.outcome.failure.empty()) out["failure"] = record.outcome.failure;
  out["fromVersion"] = record.course.from_version;
  if (!record.course.requested_by.empty()) out["requestedBy"] = record.course.requested_by;
  out["toVersion"] = record.course.target.application.spec.version;
  out["imageDigest"] = record.course.target.image_digest;
  if (record.pull) out["pull"] = to_json(*record.pull);
  out["startedAt"] = format_time(record.started_at);
  put(out, "finishedAt", record.outcome.finished_at);
  json::array phases;
  for (const auto& span : record.standing.phases) {
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
    const auto* wanted = find_job(record.course.target.application.spec, each.job);
    if (wanted != nullptr && wanted->phase == JobPhase::AfterCutover) entry["phase"] = "AfterCutover";
    migration.push_back(std::move(entry));
  }
  out["migration"] = std::move(migration);
  if (!record.hooks.empty()) {
    json::array hooks;
    for (const auto& each : record.hooks) hooks.push_back(hook(each, record.course.target.application.spec));
    out["hooks"] = std::move(hooks);
  }
  if (!record.course.final_version.empty()) {
    out["finalVersion"] = record.course.final_version;
    out["walksTo"] = record.course.final_version;  // its name until the release before; goes with the next
  }
  out["traffic"] = traffic_status(record.traffic);
  if (record.course.back) {
    json::object rollback;
    rollback["toRevision"] = record.course.back->to_revision;
    rollback["by"] = record.course.back->by;
    if (!record.course.back->note.empty()) rollback["message"] = record.course.back->note;
    out["rollback"] = std::move(rollback);
  }
  // Said as soon as it is on record: whoever waits must not take this end for that of what was asked for.
  if (is_terminal(record.standing.phase) && (record.orders.retry || record.orders.rollback)) out["followedBy"] = record.orders.retry ? "retry" : "rollback";
  if (record.outcome.evidence) out["evidence"] = to_json(*record.outcome.evidence);
  if (!record.analysis.empty()) out["analysis"] = to_json(record.analysis);
  return out;
}

}  // namespace

json::object application_object(const ApplicationView& view) {
  const auto& record = view.record;
  json::object out = to_public_json(record.application);
  if (record.application.spec.image.empty()) out["spec"] = json::object{};  // it is on record, but cannot be read
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
  out["status"] = to_json(view.status);
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
  spec["revision"] = record.course.target.number;
  spec["generation"] = record.generation;
  spec["version"] = record.course.target.application.spec.version;
  spec["image"] = image_reference(record.course.target.application.spec);
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
  out["reason"] = to_string(event.reason);
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
