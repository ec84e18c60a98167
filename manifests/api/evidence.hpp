// What was seen of a rollout when it failed: kept with its record, so that it outlives the containers. Plain data,
// bounded in size, secrets masked. What the containers printed is in the store's logs, by container name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/spec/reason.hpp"
#include "manifests/wire/api_forms.hpp"
#include "manifests/wire/field.hpp"

namespace teal::objects {

struct ContainerEvidence {
  std::string container;
  std::string unit;  // component or job
  bool job = false;
  int revision = 0;
  std::string state;             // Created | Running | Exited; of a job that ran on and nobody saw end: Gone
  std::optional<int> exit_code;  // set when Exited
  bool exit_witnessed = false;
  bool out_of_memory = false;
  std::string engine_error;
  std::string security;  // what its processes may do, for people; empty: its spec is not known any more
  std::string answer;    // to its last health check: "503: database unreachable"; empty when it was not asked
  std::string body;      // the head of that answer's body, when the check failed
  int failures = 0;      // health checks failed in a row
  std::optional<Time> started_at;
  std::optional<Time> finished_at;
  std::string log;  // its last lines; the API's alone, the record has none

  bool operator==(const ContainerEvidence&) const = default;
};

struct ServerEvidence {
  std::string load_balancer;
  std::string backend;
  std::string server;
  std::string state;            // Up | Down | Draining | Maintenance
  std::string check;            // the load balancer's own words
  std::optional<int> sessions;  // none: it could not say
  std::uint64_t errors = 0;     // that it counted so far
  bool removed = false;         // it was taken out before the failure, since nothing ran behind it; this was seen last

  bool operator==(const ServerEvidence&) const = default;
};

struct Evidence {
  Time at{};
  spec::Reason reason;  // what it is evidence of: the failure's reason
  std::vector<ContainerEvidence> containers;
  std::vector<ServerEvidence> servers;
  std::vector<std::string> load_balancer_problems;  // those that did not answer
  std::string traffic;                              // the last answer through the load balancers

  bool operator==(const Evidence&) const = default;
};

template <class V>
void describe(V& v, wire::Is<ContainerEvidence> auto& evidence) {
  v.type("ContainerEvidence");
  v("container", evidence.container);
  v("job", evidence.unit, {.when = evidence.job}, wire::NameByKey{evidence.job, true});
  v("component", evidence.unit, {.when = !evidence.job}, wire::NameByKey{evidence.job, false});
  v("revision", evidence.revision);
  v("state", evidence.state);
  v("exitCode", evidence.exit_code);
  v("exitWitnessed", evidence.exit_witnessed, {.when = evidence.exit_code.has_value()});
  v("outOfMemory", evidence.out_of_memory, wire::unless_default);
  v("engineError", evidence.engine_error, wire::unless_default);
  v("security", evidence.security, wire::unless_default);
  v("answer", evidence.answer, wire::unless_default);
  v("body", evidence.body, wire::unless_default);
  v("failures", evidence.failures, wire::unless_default);
  v("startedAt", evidence.started_at);
  v("finishedAt", evidence.finished_at);
  v("log", evidence.log, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<ServerEvidence> auto& server) {
  v.type("ServerEvidence");
  v("loadBalancer", server.load_balancer);
  v("backend", server.backend);
  v("server", server.server);
  v("state", server.state);
  v("check", server.check, wire::unless_default);
  v("sessions", server.sessions);
  v("errors", server.errors);
  v("removed", server.removed, wire::unless_default);
}

template <class V>
void describe(V& v, wire::Is<Evidence> auto& evidence) {
  v.type("Evidence");
  v("at", evidence.at);
  v("reason", evidence.reason);
  v("containers", evidence.containers);
  v("servers", evidence.servers);
  v("loadBalancerProblems", evidence.load_balancer_problems, wire::unless_default, wire::Messages{});
  v("traffic", evidence.traffic, wire::unless_default);
}

}  // namespace teal::objects
