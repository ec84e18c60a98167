// An entry of the audit as the API shows it: `teal audit`.
#pragma once

#include <boost/json/array.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "manifests/api/metadata.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/wire/api_forms.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

struct AuditObject {
  ObjectMetadata metadata;
  std::int64_t sequence = 0;
  std::optional<Time> time;
  std::string who;
  std::string proof;  // "unix peer", "token", "client certificate", "manifest file"; empty: none
  std::string from;
  std::string method;
  std::string path;
  std::string application;
  std::string action;
  std::int64_t generation_before = 0;  // of the spec; 0: there was none
  std::int64_t generation_after = 0;   // 0: there is none left
  boost::json::array patch;            // RFC 6902, secrets masked
  std::string reason;
  std::string outcome;      // Allowed | Denied
  std::optional<int> code;  // of the answer, when denied
  std::int64_t count = 1;   // so many requests

  bool operator==(const AuditObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<AuditObject> auto& entry) {
  v.type("AuditEntry");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "AuditEntry");
  v("metadata", entry.metadata);
  v("sequence", entry.sequence);
  v("time", entry.time);
  v("who", entry.who);
  v("proof", entry.proof);
  v("from", entry.from);
  v("method", entry.method);
  v("path", entry.path);
  v("application", entry.application);
  v("action", entry.action);
  v("generationBefore", entry.generation_before, wire::unless_default);
  v("generationAfter", entry.generation_after, wire::unless_default);
  v("patch", entry.patch, {}, wire::Patch{});
  v("reason", entry.reason);
  v("outcome", entry.outcome);
  v("code", entry.code);
  v("count", entry.count);
}

}  // namespace teal::objects
