// How much of what is outside may be used at a time, with the values that hold where teald.yaml says nothing.
#pragma once

namespace teal::ports {

// For how many applications at a time one engine does what makes it busy, however many are due. Each at least 1.
struct EngineConcurrency {
  int starts = 4;  // replicas that are created and started for a rollout
  int pulls = 2;
  int migrations = 8;  // jobs, of the hooks as well

  bool operator==(const EngineConcurrency&) const = default;
};

// Probes through a load balancer, for each component during a rollout.
inline constexpr int usual_probes_per_second = 5;

}  // namespace teal::ports
