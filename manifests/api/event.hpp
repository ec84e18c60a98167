// An event as the API shows it: `teal get events`.
#pragma once

#include <optional>
#include <string>

#include "manifests/api/metadata.hpp"
#include "manifests/foundation/time.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

struct EventObject {
  ObjectMetadata metadata;
  std::optional<Time> time;
  std::string type;  // Normal | Warning
  std::string reason;
  std::string message;
  std::string application;
  std::string involved_kind;  // what it happened to: "Rollout", "shop-7"
  std::string involved_name;

  bool operator==(const EventObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<EventObject> auto& event) {
  v.type("Event");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "Event");
  v("metadata", event.metadata);
  v("time", event.time);
  v("type", event.type);
  v("reason", event.reason);
  v("message", event.message);
  v("application", event.application);
  v.group("involvedObject", {}, [&](auto& involved) {
    involved("kind", event.involved_kind);
    involved("name", event.involved_name);
  });
}

}  // namespace teal::objects
