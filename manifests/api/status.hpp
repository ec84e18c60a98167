// The status of an application as users see it: contract `Application.status`. Observed facts only (O5). teald writes
// it, the command line reads it.
#pragma once

#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/spec/reason.hpp"

namespace teal::objects {

BOOST_DEFINE_ENUM_CLASS(ApplicationPhase, Healthy, Progressing, AwaitingApproval, Paused, Degraded, Suspended)

struct Condition {
  std::string
      type;  // Ready, Migrated, Progressing, Verified, Drained, Orphaned, ManifestAccepted, StoredSpecUnreadable
  std::string status;  // True | False | Unknown
  spec::Reason reason;
  std::string message;
  Time last_transition{};

  bool operator==(const Condition&) const = default;
};

struct ReplicaStatus {
  std::string name;
  int revision = 0;
  std::string state;            // Created | Running | Exited | Stopping
  std::string address;          // empty while it has none
  std::string health;           // "healthy: 200", "2 of 3 failed: 503: database unreachable"
  std::string load_balancer;    // Up | Down | Draining | Maintenance | NotRegistered | Unknown; empty without one
  std::optional<int> sessions;  // none: its load balancer cannot say
  std::string server;           // what the load balancer itself calls it, where that is another name
  std::string standing;         // for metrics alone: starting | ready | unhealthy | stopping | exited

  bool operator==(const ReplicaStatus&) const = default;
};

struct ComponentStatus {
  std::string name;
  int desired = 0;
  int ready = 0;
  std::vector<ReplicaStatus> replicas;

  bool operator==(const ComponentStatus&) const = default;
};

struct ApplicationStatus {
  std::int64_t observed_generation = 0;
  std::string phase;  // a word of ApplicationPhase
  std::string message;
  std::string active_version;
  int active_revision = 0;
  std::string rollout;  // name of the latest; empty before the first
  std::vector<Condition> conditions;
  std::vector<ComponentStatus> components;

  bool operator==(const ApplicationStatus&) const = default;
};

}  // namespace teal::objects
