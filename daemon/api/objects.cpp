#include "daemon/api/objects.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
#include <string>

#include "daemon/api/annotations.hpp"
#include "daemon/api/ownership.hpp"
#include "manifests/api/application.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

std::optional<objects::DatabaseObject> database_of(const records::DatabaseRecord& record) {
  if (record == records::DatabaseRecord{}) return std::nullopt;
  objects::DatabaseObject out{.locked = record.locked, .holder = record.holder, .ledger = {}, .findings = {}};
  if (record.ledger_row > 0) {
    out.ledger = objects::LedgerObject{record.ledger_row, record.outcome.empty() ? "Running" : record.outcome,
                                       record.fingerprint_before, record.fingerprint_after};
  }
  if (record.checked_at) out.findings = record.findings;
  return out;
}

objects::JobStatus job_of(const records::JobRecord& record) {
  objects::JobStatus out;
  out.job = record.job;
  out.state = to_string(record.state);
  out.attempts = record.attempts;
  out.exit_code = record.exit_code;
  out.message = record.detail;
  out.started_at = record.started_at;
  out.finished_at = record.finished_at;
  out.database = database_of(record.database);
  return out;
}

objects::JobStatus migration_job(const records::JobRecord& record, const spec::ApplicationSpec& spec) {
  auto out = job_of(record);
  const auto* wanted = spec::find_job(spec, record.job);
  if (wanted != nullptr && wanted->phase == spec::JobPhase::AfterCutover) out.phase = "AfterCutover";
  return out;
}

objects::JobStatus hook(const records::JobRecord& record, const spec::ApplicationSpec& spec) {
  auto out = job_of(record);
  if (const auto point = spec::find_hook(spec.hooks, record.job)) out.hook = to_string(*point);
  const auto* wanted = spec::find_job(spec, record.job);
  out.required = wanted != nullptr && wanted->required;
  return out;
}

objects::TrafficStatus traffic_of(const records::TrafficCount& traffic) {
  const auto seconds = [](std::chrono::microseconds time) { return std::chrono::duration<double>(time).count(); };
  objects::TrafficStatus out{
      .probes = traffic.probes, .failed = traffic.failed, .latency = {}, .load_balancer_errors = 0};
  const auto& latency = traffic.latency;
  if (!latency.empty()) {
    out.latency = objects::LatencyStatus{seconds(latency.percentile(0.5)), seconds(latency.percentile(0.99)),
                                         seconds(latency.longest)};
  }
  for (const auto& [component, count] : traffic.errors) out.load_balancer_errors += count;
  return out;
}

objects::RolloutStatus rollout_status(const records::RolloutRecord& record) {
  const auto& spec = record.course.target.application.spec;
  objects::RolloutStatus out;
  out.phase = to_string(record.standing.phase);
  out.reason = to_string(record.outcome.reason);
  out.message = record.outcome.message;
  out.failure_reason = to_string(record.outcome.failure_reason);
  out.failure = record.outcome.failure;
  out.from_version = record.course.from_version;
  out.requested_by = record.course.requested_by;
  out.to_version = spec.version;
  out.image_digest = record.course.target.image_digest;
  out.pull = record.pull;
  out.started_at = record.started_at;
  out.finished_at = record.outcome.finished_at;
  for (const auto& span : record.standing.phases) {
    out.phases.push_back({std::string{to_string(span.phase)}, span.started_at, span.finished_at});
  }
  for (const auto& each : record.jobs) out.migration.push_back(migration_job(each, spec));
  for (const auto& each : record.hooks) out.hooks.push_back(hook(each, spec));
  out.final_version = record.course.final_version;
  out.traffic = traffic_of(record.traffic);
  if (const auto& back = record.course.back)
    out.rollback = objects::RollbackStatus{back->to_revision, back->by, back->note};
  // Said as soon as it is on record: whoever waits must not take this end for that of what was asked for.
  if (records::is_terminal(record.standing.phase))
    out.followed_by = record.orders.retry ? "retry" : record.orders.rollback ? "rollback" : "";
  out.evidence = record.outcome.evidence;
  out.analysis = record.analysis;
  return out;
}

// Of something that is on record once, under a number that grows.
objects::ObjectMetadata numbered(const std::string& kind, std::int64_t sequence, Time time) {
  objects::ObjectMetadata out;
  out.resource_version = std::to_string(sequence);
  out.name = kind + "-" + out.resource_version;
  out.created = time;
  return out;
}

}  // namespace

namespace {

// Notes of clients, whose file it is, and who manages which field.
void add_bookkeeping(const records::ApplicationRecord& record, json::object& object) {
  show_annotations_masked(object, record.application);
  auto& metadata = object["metadata"].as_object();
  const auto notes = annotations_of(record.application);
  const auto managers = notes.find(std::string{ownership_annotation});
  if (managers != notes.end()) metadata["managedFields"] = Ownership::of_text(managers->second).managed_fields();
  if (record.file.empty()) return;
  auto& shown = metadata["annotations"];
  if (!shown.is_object()) shown = json::object{};
  shown.as_object()["teal/manifest-file"] = record.file;
}

}  // namespace

json::object application_object(const status::ApplicationView& view) {
  const auto& record = view.record;
  json::object out = wire::to_public_json(record.application);
  if (record.application.spec.image.empty()) out["spec"] = json::object{};  // it is on record, but cannot be read
  objects::ObjectMetadata metadata;
  metadata.uid = record.uid;
  metadata.generation = record.generation;
  metadata.resource_version = std::to_string(view.resource_version);
  metadata.created = record.created_at;
  auto& shown = out["metadata"].as_object();  // name and labels, masked as the spec is
  for (auto& [key, value] : wire::encode(metadata)) shown[key] = std::move(value);
  add_bookkeeping(record, out);
  out["status"] = wire::encode(view.status);
  return out;
}

objects::RolloutObject rollout_object(const records::RolloutRecord& record) {
  const auto& target = record.course.target;
  objects::RolloutObject out;
  out.metadata.name = records::rollout_name(record);
  out.metadata.labels.emplace()["teal.application"] = record.application;
  out.metadata.resource_version = std::to_string(record.version);
  out.metadata.created = record.started_at;
  out.spec = {record.application, target.number, record.generation, target.application.spec.version,
              image_reference(target.application.spec)};
  out.status = rollout_status(record);
  return out;
}

objects::EventObject event_object(const ports::StoredEvent& stored) {
  const records::Event& event = stored.event;
  const auto slash = event.object.find('/');
  const bool has_kind = slash != std::string::npos;
  objects::EventObject out;
  out.metadata = numbered("event", stored.sequence, event.time);
  out.time = event.time;
  out.type = event.warning ? "Warning" : "Normal";
  out.reason = to_string(event.reason);
  out.message = event.message;
  out.application = event.application;
  out.involved_kind = has_kind ? event.object.substr(0, slash) : "Application";
  out.involved_name = has_kind ? event.object.substr(slash + 1) : event.object;
  return out;
}

objects::AuditObject audit_object(const records::AuditEntry& entry) {
  objects::AuditObject out;
  out.metadata = numbered("audit", entry.sequence, entry.time);
  out.sequence = entry.sequence;
  out.time = entry.time;
  out.who = entry.by.name;
  out.proof = entry.by.proof;
  out.from = entry.by.from;
  out.method = entry.by.method;
  out.path = entry.by.path;
  out.application = entry.application;
  out.action = entry.action;
  out.generation_before = entry.generation_before;
  out.generation_after = entry.generation_after;
  boost::system::error_code error;
  const auto patch = json::parse(entry.patch, error);
  if (!error && patch.is_array()) out.patch = patch.get_array();
  out.reason = entry.by.reason;
  out.outcome = to_string(entry.outcome);
  if (entry.outcome == records::AuditOutcome::Denied) out.code = entry.status;
  out.count = entry.count;
  return out;
}

objects::PreflightObject preflight_object(const std::string& application,
                                          const std::vector<plan::DatabasePreflight>& found) {
  objects::PreflightObject out{.application = application, .items = {}};
  for (const auto& one : found) {
    out.items.push_back({one.job, one.hook, one.database, one.load_balancer, one.migration_user, one.application_user,
                         one.done, one.findings});
  }
  return out;
}

json::object list_object(std::string_view kind, std::uint64_t resource_version, json::array items,
                         const MoreToCome& more) {
  objects::ObjectMetadata metadata;
  metadata.continues = more.token;
  metadata.remaining = more.remaining;
  metadata.resource_version = std::to_string(resource_version);
  json::object out;
  out["apiVersion"] = "teal/v1";
  out["kind"] = kind;
  out["metadata"] = wire::encode(metadata);
  out["items"] = std::move(items);
  return out;
}

}  // namespace teal::api
