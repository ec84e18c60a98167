// Measurements that controllers and adapters report; daemon/runtime/metrics turns them into the contract's metrics.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::ports {

using Seconds = std::chrono::duration<double>;

struct ReplicaCount {
  std::string component;
  std::string role;   // active | incoming | outgoing
  std::string state;  // starting | ready | unhealthy | stopping | exited
  int count = 0;

  bool operator==(const ReplicaCount&) const = default;
};

struct ServerCount {
  std::string component;
  std::string state;  // up | down | draining | maintenance
  int count = 0;

  bool operator==(const ServerCount&) const = default;
};

struct WantedCount {
  std::string component;
  int count = 0;

  bool operator==(const WantedCount&) const = default;
};

struct JobStanding {
  std::string job;
  std::string state;  // NotNeeded | Pending | Running | Succeeded | Failed | Unknown

  bool operator==(const JobStanding&) const = default;
};

struct ApplicationGauges {
  std::string phase;  // Application.status.phase
  std::string active_version;
  std::string target_version;
  std::vector<ReplicaCount> replicas;
  std::vector<ServerCount> servers;
  std::vector<WantedCount> wanted;
  std::vector<JobStanding> jobs;  // of the newest rollout
  std::string rollout_phase;      // of the newest rollout; empty before the first
  Time rollout_phase_began{};

  bool operator==(const ApplicationGauges&) const = default;
};

class Telemetry {
 public:
  virtual ~Telemetry() = default;
  virtual void application(const std::string& name, const ApplicationGauges& gauges) = 0;  // replaces what was there
  virtual void forget(const std::string& name) = 0;                                        // its series disappear
  virtual void rollout_finished(const std::string& application, std::string_view outcome, Seconds took) = 0;
  virtual void phase_finished(const std::string& application, std::string_view phase, Seconds took) = 0;
  virtual void job_finished(const std::string& application, const std::string& job, std::string_view outcome,
                            Seconds took) = 0;
  virtual void health_probe(const std::string& application, const std::string& component, std::string_view result,
                            Seconds took) = 0;
  virtual void traffic_probe(const std::string& application, const std::string& component, std::string_view result,
                             Seconds took) = 0;
  // Retries, redispatches, refused connections and bad answers that a load balancer counted during a rollout.
  virtual void load_balancer_errors(const std::string& application, const std::string& component,
                                    std::uint64_t more) = 0;
  virtual void reconciled(Seconds took) = 0;
  virtual void reconcile_error(std::string_view reason) = 0;
  virtual void queue_depth(std::size_t depth) = 0;
  // dependency: engine | load_balancer | registry | store | database | prometheus; outcome: ok or an ErrorCode's name
  virtual void dependency(std::string_view dependency, std::string_view operation, std::string_view outcome,
                          Seconds took) = 0;
  // What was kept of what a dependency has was not so, and no event had told of it: found by comparing both.
  virtual void inventory_drift(std::string_view /*dependency*/, std::size_t /*count*/) {}
  // Whether a backend sends requests on although the checks of all its servers fail.
  virtual void fails_open(const std::string& /*load_balancer*/, const std::string& /*backend*/, bool /*does*/) {}
  // When the certificates that a load balancer serves end, by name; replaces what was there.
  virtual void certificates(const std::string& /*load_balancer*/, const std::map<std::string, Time>& /*expiries*/) {}
  // webhook: its place in teald.yaml, from 0. It is to be told of `type`: its counters begin.
  virtual void webhook(std::size_t /*webhook*/, std::string_view /*type*/) {}
  // outcome: delivered | retried | failed | dropped
  virtual void notification(std::size_t /*webhook*/, std::string_view /*type*/, std::string_view /*outcome*/) {}
  // Spans of traces; outcome: exported | dropped
  virtual void spans(std::string_view /*outcome*/, std::size_t /*count*/) {}
  // A request that was refused; reason: unauthenticated | forbidden
  virtual void denied(std::string_view /*reason*/) {}
};

}  // namespace teal::ports
