// Brings a revision's replicas up and into the load balancers, and reports their progress.
#pragma once

#include "controllers/rollout/pass.hpp"

namespace teal::rollout {

enum class Readiness {
  Absent,     // no container, or one that was never started
  Starting,   // runs, has not passed its health check yet
  Ready,      // passed `successes` in a row, and has not failed `failures` in a row since
  Unhealthy,  // was ready, failed `failures` in a row
  Exited,
};

// What has no port cannot be asked: it is ready once it has run for so long. Whether it stays up is the bake's proof.
inline constexpr Duration settle_time = std::chrono::milliseconds{500};

[[nodiscard]] Readiness readiness(const spec::Component& component, const world::Container* container,
                                  const Observed& world, Time now);

// It bears a replica's name and labels, and is not the container that was made for it: another id, or another image.
[[nodiscard]] bool is_recreated_by_hand(const records::RolloutRecord& record, const world::Container& container);

// "api replica 1 of revision 7"
[[nodiscard]] std::string replica_text(const spec::Component& component, int index, int revision);

// Why a revision will not come up.
struct Trouble {
  Why why;
  bool is_a_check = false;  // its health check fails, which something that it shares with others may be to blame for
};

struct FleetReport {
  int wanted = 0;  // replicas
  int ready = 0;
  int wanted_servers = 0;  // replicas of components behind a load balancer
  int up = 0;              // of those: ready, registered under their present address and in traffic
  std::optional<Trouble> broken;
};

struct BringUp {
  bool registered = false;      // into the load balancers as well
  bool tolerate_exits = false;  // a replica that exits is replaced as often as it takes; else it is `broken`
  int allowed_exits = 0;        // replacements before that
  bool stop_first = true;       // includes the components that `is_stop_first` names
};

// Old and new replicas of this component never run at the same time: one of the two revisions that have it says so.
[[nodiscard]] bool is_stop_first(const Pass& pass, std::string_view component);

// The same for whatever else is left of it: one known revision says so, whether the other has the component or not.
[[nodiscard]] bool never_together(const Pass& pass, std::string_view component);

// Decides the actions that bring the revision nearer to complete, and says what it waits for. A StopFirst replica is
// not created while a replica of another revision of its component exists.
FleetReport bring_up(Pass& pass, const records::Revision& revision, const BringUp& how);

// Old replicas (of any other revision) of this component that still exist.
[[nodiscard]] bool others_exist(const Pass& pass, const spec::Component& component, int revision);

}  // namespace teal::rollout
