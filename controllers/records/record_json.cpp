#include "controllers/records/record_json.hpp"

#include <fmt/format.h>

#include "controllers/records/record_wire.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::records {
namespace {

namespace json = boost::json;

// Raised when a reader of the format before would understand a record wrongly. What older formats say otherwise is
// brought into today's form here, before it is read.
constexpr std::int64_t present_format = 1;

Result<json::value> document_of(std::string_view text, const std::string& what) {
  auto document = wire::parsed_json(text, what);
  if (!document) return document;
  const auto* object = document->if_object();
  const auto* format = object == nullptr ? nullptr : object->if_contains("format");
  if (format == nullptr) return document;
  boost::system::error_code error;
  const auto number = format->to_number<std::int64_t>(error);
  if (error || number < 1 || number > present_format) {
    return Error{ErrorCode::invalid,
                 fmt::format("{}: is written in another format than this teald knows ({})", what, present_format)};
  }
  return document;
}

template <class T>
json::object document(const T& record) {
  auto out = wire::encode(record);
  out["format"] = present_format;
  return out;
}

template <class T>
Result<T> record_of(std::string_view text, std::string what) {
  const auto document = document_of(text, what);
  if (!document) return document.error();
  return wire::decoded<T>(*document, std::move(what));
}

// One member of an object, if it can be read by itself.
template <class T>
std::optional<T> member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  if (value == nullptr) return std::nullopt;
  auto read = wire::decoded<T>(*value, std::string{name});
  return read ? std::optional<T>{std::move(*read)} : std::nullopt;
}

}  // namespace

json::object to_json(const ApplicationRecord& record) { return document(record); }
json::object to_json(const RolloutRecord& record) { return document(record); }

Result<ApplicationRecord> application_record_from_json(std::string_view text) {
  return record_of<ApplicationRecord>(text, "application record");
}

Result<RolloutRecord> rollout_record_from_json(std::string_view text) {
  return record_of<RolloutRecord>(text, "rollout record");
}

ApplicationRecord salvaged_application(std::string_view name, std::string_view text) {
  ApplicationRecord record;
  record.application.name = name;
  const auto document = wire::parsed_json(text, "");
  const auto* object = document ? document->if_object() : nullptr;
  if (object == nullptr) return record;
  record.uid = member<std::string>(*object, "uid").value_or("");
  record.generation = member<std::int64_t>(*object, "generation").value_or(1);
  record.file = member<std::string>(*object, "file").value_or("");
  record.orphaned = member<bool>(*object, "orphaned").value_or(false);
  record.created_at = member<Time>(*object, "createdAt").value_or(Time{});
  record.spec_by = member<std::string>(*object, "specBy").value_or("");
  return record;
}

UnreadableRollout salvaged_rollout(std::string_view text) {
  UnreadableRollout rollout;
  const auto document = wire::parsed_json(text, "");
  const auto* object = document ? document->if_object() : nullptr;
  if (object == nullptr) return rollout;
  rollout.target = member<Revision>(*object, "target");
  rollout.active = member<Revision>(*object, "active");
  rollout.phase = member<spec::Phase>(*object, "phase");
  rollout.jobs = member<std::vector<JobRecord>>(*object, "jobs");
  rollout.generation = member<std::int64_t>(*object, "generation").value_or(0);
  return rollout;
}

}  // namespace teal::records
