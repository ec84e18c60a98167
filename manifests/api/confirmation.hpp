// API responses without an object: success, or what is wrong (Kubernetes `Status`).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "manifests/wire/field.hpp"

namespace teal::objects {

// One thing that is wrong with a manifest, and where.
struct CauseObject {
  std::string reason;
  std::string field;
  std::string message;
  int line = 0;
  int column = 0;

  bool operator==(const CauseObject&) const = default;
};

struct StatusObject {
  struct Details {
    std::string kind;
    std::vector<CauseObject> causes;

    bool operator==(const Details&) const = default;
  };
  std::string status;  // Success | Failure
  std::string message;
  int code = 0;        // of HTTP
  std::string reason;  // CamelCase, of a failure
  std::optional<Details> details;
};

template <class V>
void describe(V& v, wire::Is<CauseObject> auto& cause) {
  v.type("StatusCause");
  v("reason", cause.reason);
  v("field", cause.field);
  v("message", cause.message);
  v("line", cause.line);
  v("column", cause.column);
}

template <class V>
void describe(V& v, wire::Is<StatusObject::Details> auto& details) {
  v.type("StatusDetails");
  v("kind", details.kind);
  v("causes", details.causes);
}

template <class V>
void describe(V& v, wire::Is<StatusObject> auto& status) {
  v.type("Status");
  v.constant("kind", "Status");
  v.constant("apiVersion", "v1");
  v.group("metadata", {}, [](auto&) {});
  v("status", status.status);
  v("message", status.message);
  v("code", status.code);
  v("reason", status.reason, wire::unless_default);
  v("details", status.details);
}

}  // namespace teal::objects
