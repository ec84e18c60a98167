#include "controllers/records/audit.hpp"

#include <boost/json/serialize.hpp>

#include "controllers/records/json_patch.hpp"
#include "controllers/records/record.hpp"
#include "controllers/records/verb_request.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/masking/text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::records {
namespace {

namespace json = boost::json;

constexpr std::size_t longest_text = 512;

// Masked before it is cut: a cut inside a password would show what is left of it.
std::string kept(const std::string& text) {
  return masking::printable(masking::mask_connection_strings(text), longest_text);
}

const char* word(Verb verb) {
  switch (verb) {
    case Verb::Approve:
      return "approve";
    case Verb::Pause:
      return "pause";
    case Verb::Resume:
      return "resume";
    case Verb::Abort:
      return "abort";
    case Verb::Retry:
      return "retry";
    case Verb::Rollback:
      return "rollback";
    case Verb::EndJob:
      return "end-job";
    case Verb::Maintenance:
      return "maintenance";
  }
  return "unknown";
}

// What a client may change of an application, without what clients and the API keep for themselves beside it.
json::object changeable(json::object object) {
  object.erase("apiVersion");
  object.erase("kind");
  auto* labels = object["metadata"].as_object().if_contains("labels");
  if (labels == nullptr) return object;
  json::object kept;
  for (auto& label : labels->as_object()) {
    if (!label.key().starts_with('@')) kept.emplace(label.key(), std::move(label.value()));  // no annotation
  }
  *labels = std::move(kept);
  return object;
}

}  // namespace

std::string_view to_string(AuditOutcome outcome) { return outcome == AuditOutcome::Allowed ? "Allowed" : "Denied"; }

AuditEntry audit_entry(const Requester& by, std::string application, std::string action, Time now) {
  AuditEntry entry;
  entry.time = now;
  entry.by.name = kept(by.name);
  entry.by.proof = kept(by.proof);
  entry.by.from = kept(by.from);
  entry.by.method = kept(by.method);
  entry.by.path = kept(by.path);
  entry.by.reason = kept(by.reason);
  entry.application = kept(application);
  entry.action = std::move(action);
  return entry;
}

AuditEntry audit_entry(const Requester& by, std::string action, const ApplicationRecord* before,
                       const ApplicationRecord* after, Time now) {
  const auto* any = after != nullptr ? after : before;
  auto entry = audit_entry(by, any->application.name, std::move(action), now);
  entry.generation_before = before != nullptr ? before->generation : 0;
  entry.generation_after = after != nullptr ? after->generation : 0;
  entry.patch = public_patch(before != nullptr ? &before->application : nullptr,
                             after != nullptr ? &after->application : nullptr);
  return entry;
}

AuditEntry audit_entry(const VerbRequest& request, const ApplicationRecord& record, Time now) {
  auto entry = audit_entry(request.by, record.application.name, word(request.verb), now);
  entry.generation_before = record.generation;
  entry.generation_after = record.generation;
  return entry;
}

std::string public_patch(const spec::Application* before, const spec::Application* after) {
  const auto view = [](const spec::Application* application) {
    JsonView both;
    both.whole = json::object{};
    both.shown = json::object{};
    if (application == nullptr) return both;
    both.whole = changeable(wire::to_json(*application));
    both.shown = changeable(wire::to_public_json(*application));
    return both;
  };
  const auto patch = json_patch(view(before), view(after));
  return patch.empty() ? std::string{} : json::serialize(patch);
}

Requester manifest_file(const std::string& path) {
  Requester by;
  by.name = path;
  by.proof = "manifest file";
  by.from = path.substr(0, std::max<std::size_t>(path.rfind('/') + 1, 1) - 1);
  if (path.find('/') == std::string::npos) by.from.clear();
  return by;
}

}  // namespace teal::records
