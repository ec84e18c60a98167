// What was seen of a rollout when it failed: kept with its record, so that it outlives the containers. Plain data,
// bounded in size, secrets masked. What the containers printed is in the store's logs, by container name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/reason.hpp"

namespace teal {

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
  std::string answer;  // to its last health check: "503: database unreachable"; empty when it was not asked
  std::string body;    // the head of that answer's body, when the check failed
  int failures = 0;    // health checks failed in a row
  std::optional<Time> started_at;
  std::optional<Time> finished_at;

  bool operator==(const ContainerEvidence&) const = default;
};

struct ServerEvidence {
  std::string load_balancer;
  std::string backend;
  std::string server;
  std::string state;  // Up | Down | Draining | Maintenance
  std::string check;  // the load balancer's own words
  std::optional<int> sessions;  // none: it could not say
  std::uint64_t errors = 0;  // that it counted so far
  bool removed = false;      // it was taken out before the failure, since nothing ran behind it; this was seen last

  bool operator==(const ServerEvidence&) const = default;
};

struct Evidence {
  Time at{};
  Reason reason;  // what it is evidence of: the failure's reason
  std::vector<ContainerEvidence> containers;
  std::vector<ServerEvidence> servers;
  std::vector<std::string> load_balancer_problems;  // those that did not answer
  std::string traffic;                              // the last answer through the load balancers

  bool operator==(const Evidence&) const = default;
};

}  // namespace teal
