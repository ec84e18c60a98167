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
    std::string name{};   // of the object that it is about
    std::string group{};  // of its kind
    std::string kind;
    std::string uid{};
    std::vector<CauseObject> causes;
    int retry_after = 0;  // seconds

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
  v("name", details.name, wire::unless_default);
  v("group", details.group, wire::unless_default);
  v("kind", details.kind);
  v("uid", details.uid, wire::unless_default);
  v("causes", details.causes);
  v("retryAfterSeconds", details.retry_after, wire::unless_default);
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
