#include "daemon/api/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <span>
#include <utility>

#include "daemon/api/media.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "manifests/foundation/ages.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

struct Column {
  std::string_view name;
  std::string_view type;
  std::string_view says;
  int priority = 0;  // 1: only for `-o wide`
};

constexpr Column application_columns[] = {
    {"Name", "string", "of the application"},
    {"Phase", "string", "Healthy, Progressing, AwaitingApproval, Paused, Degraded or Suspended"},
    {"Ready", "string", "replicas that are ready, of those that are wanted"},
    {"Version", "string", "that takes traffic"},
    {"Wanted", "string", "the version that its spec asks for"},
    {"Rollout", "string", "the latest"},
    {"Age", "string", "since it was created"},
    {"Revision", "string", "that takes traffic", 1},
    {"Generation", "string", "of its spec", 1},
    {"Created", "string", "when", 1},
    {"Message", "string", "what it does, or waits for", 1},
};
constexpr Column rollout_columns[] = {
    {"Name", "string", "application and revision"},
    {"Revision", "string", "that it introduces"},
    {"From", "string", "the version before"},
    {"To", "string", "the version that it introduces"},
    {"Phase", "string", "how far it has come"},
    {"Age", "string", "since it began"},
    {"Duration", "string", "how long it took, or takes so far"},
    {"Failed Probes", "string", "of the requests that teald itself sent through the load balancer"},
    {"Reason", "string", "why it is where it is"},
    {"P99", "string", "of those requests' latency", 1},
    {"LB Errors", "string", "that the load balancer counted", 1},
    {"Started", "string", "when", 1},
    {"Finished", "string", "when", 1},
    {"Image", "string", "its digest", 1},
    {"Message", "string", "what it does, or waits for", 1},
};
constexpr Column event_columns[] = {
    {"Age", "string", "since it happened"},      {"Type", "string", "Normal or Warning"},
    {"Reason", "string", "why, in one word"},    {"Object", "string", "what it happened to"},
    {"Message", "string", "what happened"},      {"Time", "string", "when", 1},
    {"Application", "string", "whose it is", 1},
};
constexpr Column audit_columns[] = {
    {"Time", "string", "when"},
    {"Who", "string", "asked for it"},
    {"Action", "string", "what was done, or denied"},
    {"Application", "string", "to which"},
    {"Reason", "string", "why, in their own words"},
    {"Proof", "string", "how they proved who they are", 1},
    {"From", "string", "where the request came from", 1},
};

std::span<const Column> columns_of(TableOf what) {
  switch (what) {
    case TableOf::Applications:
      return application_columns;
    case TableOf::Rollouts:
      return rollout_columns;
    case TableOf::Events:
      return event_columns;
    case TableOf::Audit:
      return audit_columns;
  }
  return {};
}

json::array row_cells(std::initializer_list<std::string> texts) {
  json::array out;
  for (const auto& text : texts) out.push_back(wire::encoded_text(text.empty() ? "-" : text));
  return out;
}

std::string shown_time(const std::optional<Time>& time) { return time ? format_time(*time) : std::string{}; }
std::string number_text(std::int64_t number) { return number > 0 ? std::to_string(number) : std::string{}; }

std::string why(const objects::RolloutStatus& status) {
  const auto& said = status.message.empty() ? status.reason : status.message;
  if (status.failure.empty() || said.find(status.failure) != std::string::npos) return said;
  return said.empty() ? status.failure : said + ": " + status.failure;
}

}  // namespace

std::string TableForm::content_type() const {
  return is_wanted() ? fmt::format("application/json;as=Table;v={};g=meta.k8s.io", version) : "application/json";
}

Result<TableForm> table_form(const Request& request) {
  TableForm form{wanted_table(request.accept)};
  const auto include = text_parameter(request, "includeObject");
  if (include == "None") {
    form.include = TableForm::Include::None;
  } else if (include == "Object") {
    form.include = TableForm::Include::Object;
  } else if (!include.empty() && include != "Metadata") {
    return Error{ErrorCode::invalid, "includeObject must be None, Metadata or Object"};
  }
  return form;
}

TableRow row_of(const status::ApplicationView& view, Time now) {
  const auto& status = view.status;
  int ready = 0;
  int desired = 0;
  for (const auto& component : status.components) ready += component.ready, desired += component.desired;
  const auto& record = view.record;
  return {row_cells({record.application.name, status.phase, fmt::format("{}/{}", ready, desired), status.active_version,
                     record.application.spec.version, status.rollout, age(record.created_at, now),
                     number_text(status.active_revision), number_text(record.generation), shown_time(record.created_at),
                     status.message}),
          application_object(view)};
}

TableRow row_of(const objects::RolloutObject& rollout, Time now) {
  const auto& status = rollout.status;
  const auto& latency = status.traffic.latency;
  return {row_cells({rollout.metadata.name, number_text(rollout.spec.revision), status.from_version, status.to_version,
                     status.phase, age(status.started_at, now), span(status.started_at, status.finished_at, now),
                     fmt::format("{} of {}", status.traffic.failed, status.traffic.probes), status.reason,
                     latency ? fmt::format("{:.3g} ms", latency->p99 * 1000) : std::string{},
                     std::to_string(status.traffic.load_balancer_errors), shown_time(status.started_at),
                     shown_time(status.finished_at), status.image_digest, why(status)}),
          wire::encode(rollout)};
}

TableRow row_of(const objects::AuditObject& entry) {
  return {row_cells({shown_time(entry.time), entry.who, entry.action.empty() ? entry.outcome : entry.action,
                     entry.application, entry.reason, entry.proof, entry.from}),
          wire::encode(entry)};
}

json::array cells_of(const objects::EventObject& event, Time now) {
  const auto object =
      event.involved_kind.empty() ? event.involved_name : event.involved_kind + '/' + event.involved_name;
  return row_cells({age(event.time, now), event.type, event.reason, object, event.message, shown_time(event.time),
                    event.application});
}

json::object row_object(const TableForm& form, TableRow row) {
  json::object out{{"cells", std::move(row.cells)}};
  if (form.include == TableForm::Include::Object) {
    out["object"] = std::move(row.object);
  } else if (form.include == TableForm::Include::Metadata) {
    out["object"] = json::object{{"kind", "PartialObjectMetadata"},
                                 {"apiVersion", wire::encoded_text("meta.k8s.io/" + form.version)},
                                 {"metadata", row.object["metadata"]}};
  } else {
    out["object"] = nullptr;
  }
  return out;
}

json::object empty_table(const TableForm& form, TableOf what, const std::string& resource_version,
                         const MoreToCome& more) {
  json::array columns;
  for (const auto& column : columns_of(what)) {
    columns.push_back(json::object{{"name", wire::encoded_text(column.name)},
                                   {"type", wire::encoded_text(column.type)},
                                   {"format", column.name == "Name" ? "name" : ""},
                                   {"description", wire::encoded_text(column.says)},
                                   {"priority", column.priority}});
  }
  json::object metadata{{"resourceVersion", wire::encoded_text(resource_version)}};
  if (!more.token.empty()) metadata["continue"] = wire::encoded_text(more.token);
  if (more.remaining) metadata["remainingItemCount"] = *more.remaining;
  return {{"kind", "Table"},
          {"apiVersion", wire::encoded_text("meta.k8s.io/" + form.version)},
          {"metadata", std::move(metadata)},
          {"columnDefinitions", std::move(columns)},
          {"rows", json::array{}}};
}

json::object table_of_one(const TableForm& form, TableOf what, TableRow row) {
  std::string version;
  const auto* metadata = row.object.if_contains("metadata");
  if (const auto* text = metadata->as_object().if_contains("resourceVersion")) version = text->as_string();
  auto table = empty_table(form, what, version);
  table["rows"].as_array().push_back(row_object(form, std::move(row)));
  return table;
}

}  // namespace teal::api
