// An event in the forms that Kubernetes' clients know: `kubectl describe`, `kubectl get events`, `kubectl events`.
#pragma once

#include <optional>
#include <string>

#include "manifests/api/metadata.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

struct ObjectReference {
  std::string kind;
  std::string name;
  std::string uid;
  std::string api_version;

  bool operator==(const ObjectReference&) const = default;
};

// core/v1
struct CoreEvent {
  ObjectMetadata metadata;
  ObjectReference involved;
  std::string reason;
  std::string message;
  std::optional<Time> time;
  std::string type;  // Normal | Warning

  bool operator==(const CoreEvent&) const = default;
};

// events.k8s.io/v1
struct RegardingEvent {
  ObjectMetadata metadata;
  ObjectReference regarding;
  std::string reason;
  std::string note;
  std::string event_time;  // with microseconds, as its readers want it
  std::optional<Time> time;
  std::string type;

  bool operator==(const RegardingEvent&) const = default;
};

template <class V>
void describe(V& v, wire::Is<ObjectReference> auto& reference) {
  v.type("ObjectReference");
  v("kind", reference.kind);
  v("name", reference.name);
  v("uid", reference.uid, wire::unless_default);
  v("apiVersion", reference.api_version, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<CoreEvent> auto& event) {
  v.type("CoreEvent");
  v.constant("apiVersion", "v1");
  v.constant("kind", "Event");
  v("metadata", event.metadata);
  v("involvedObject", event.involved);
  v("reason", event.reason);
  v("message", event.message);
  v.group("source", {}, [](auto& source) { source.constant("component", "teald"); });
  v("firstTimestamp", event.time);
  v("lastTimestamp", event.time);
  v("type", event.type);
  v.constant("reportingComponent", "teald");
  v.constant("reportingInstance", "teald");
}

template <class V>
void describe(V& v, wire::Is<RegardingEvent> auto& event) {
  v.type("RegardingEvent");
  v.constant("apiVersion", "events.k8s.io/v1");
  v.constant("kind", "Event");
  v("metadata", event.metadata);
  v("eventTime", event.event_time);
  v.constant("reportingController", "teald");
  v.constant("reportingInstance", "teald");
  v("action", event.reason);
  v("reason", event.reason);
  v("regarding", event.regarding);
  v("note", event.note);
  v("type", event.type);
  v.group("deprecatedSource", {}, [](auto& source) { source.constant("component", "teald"); });
  v("deprecatedFirstTimestamp", event.time);
  v("deprecatedLastTimestamp", event.time);
}

}  // namespace teal::objects
