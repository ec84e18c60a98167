#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "daemon/api/objects.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

json::value patch_of(const AuditEntry& entry) {
  boost::system::error_code error;
  auto patch = json::parse(entry.patch, error);
  return error || !patch.is_array() ? json::value(json::array{}) : patch;
}

}  // namespace

json::object audit_object(const AuditEntry& entry) {
  json::object out;
  out["apiVersion"] = "teal/v1";
  out["kind"] = "AuditEntry";
  json::object metadata;
  metadata["name"] = "audit-" + std::to_string(entry.sequence);
  metadata["resourceVersion"] = std::to_string(entry.sequence);
  metadata["creationTimestamp"] = format_time(entry.time);
  out["metadata"] = std::move(metadata);
  out["sequence"] = entry.sequence;
  out["time"] = format_time(entry.time);
  out["who"] = entry.by.name;
  out["proof"] = entry.by.proof;
  out["from"] = entry.by.from;
  out["method"] = entry.by.method;
  out["path"] = entry.by.path;
  out["application"] = entry.application;
  out["action"] = entry.action;
  if (entry.generation_before > 0) out["generationBefore"] = entry.generation_before;
  if (entry.generation_after > 0) out["generationAfter"] = entry.generation_after;
  out["patch"] = patch_of(entry);
  out["reason"] = entry.by.reason;
  out["outcome"] = to_string(entry.outcome);
  if (entry.outcome == AuditOutcome::Denied) out["code"] = entry.status;
  out["count"] = entry.count;
  return out;
}

}  // namespace teal::api
