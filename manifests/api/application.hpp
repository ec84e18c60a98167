// An application as the API shows it, and as the command line reads it back.
#pragma once

#include "manifests/api/metadata.hpp"
#include "manifests/api/status.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/wire/api_forms.hpp"
#include "manifests/wire/application.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

struct ApplicationObject {
  ObjectMetadata metadata;
  spec::ApplicationSpec spec;
  ApplicationStatus status;

  bool operator==(const ApplicationObject&) const = default;
};

template <class V>
void describe(V& v, wire::Is<Condition> auto& condition) {
  v.type("Condition");
  v("type", condition.type);
  v("status", condition.status);
  v("reason", condition.reason);
  v("message", condition.message);
  v("lastTransitionTime", condition.last_transition);
}

template <class V>
void describe(V& v, wire::Is<ReplicaStatus> auto& replica) {
  v.type("ReplicaStatus");
  v("name", replica.name);
  v("revision", replica.revision);
  v("state", replica.state);
  v("address", replica.address);
  v("health", replica.health);
  v("loadBalancer", replica.load_balancer);
  v("sessions", replica.sessions);
  v("server", replica.server, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<ComponentStatus> auto& component) {
  v.type("ComponentStatus");
  v("name", component.name);
  v("desired", component.desired);
  v("ready", component.ready);
  v("replicas", component.replicas);
}

template <class V>
void describe(V& v, wire::Is<ApplicationStatus> auto& status) {
  v.type("ApplicationStatus");
  v("observedGeneration", status.observed_generation);
  v("phase", status.phase, {}, wire::WordOf<ApplicationPhase>{});
  v("message", status.message);
  v("activeVersion", status.active_version);
  v("activeRevision", status.active_revision);
  v("rollout", status.rollout);
  v("conditions", status.conditions);
  v("components", status.components);
}

template <class V>
void describe(V& v, wire::Is<ApplicationObject> auto& application) {
  v.type("Application");
  v.constant("apiVersion", "teal/v1");
  v.constant("kind", "Application");
  v("metadata", application.metadata);
  v("spec", application.spec);
  v("status", application.status);
}

}  // namespace teal::objects
