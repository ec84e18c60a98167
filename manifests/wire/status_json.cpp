#include "manifests/wire/status_json.hpp"

#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal {

template <class V>
void describe(V& v, wire::Is<Condition> auto& condition) {
  v("type", condition.type);
  v("status", condition.status);
  v("reason", condition.reason);
  v("message", condition.message);
  v("lastTransitionTime", condition.last_transition);
}

template <class V>
void describe(V& v, wire::Is<ReplicaStatus> auto& replica) {
  v("name", replica.name);
  v("revision", replica.revision);
  v("state", replica.state);
  v("address", replica.address);
  v("health", replica.health);
  v("loadBalancer", replica.load_balancer);
  v("sessions", replica.sessions);
}

template <class V>
void describe(V& v, wire::Is<ComponentStatus> auto& component) {
  v("name", component.name);
  v("desired", component.desired);
  v("ready", component.ready);
  v("replicas", component.replicas);
}

template <class V>
void describe(V& v, wire::Is<ApplicationStatus> auto& status) {
  v("observedGeneration", status.observed_generation);
  v("phase", status.phase);
  v("message", status.message);
  v("activeVersion", status.active_version);
  v("activeRevision", status.active_revision);
  v("rollout", status.rollout);
  v("conditions", status.conditions);
  v("components", status.components);
}

boost::json::object to_json(const ApplicationStatus& status) { return wire::encode(status); }

void read_status(const boost::json::value& value, ApplicationStatus& out) {
  std::optional<std::string> ignored;
  wire::decode(wire::Place{value, "status", ignored}, out);
}

}  // namespace teal
