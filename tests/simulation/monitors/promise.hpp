// The design's promises, by the numbers that its pages, tests and comments use.
#pragma once

#include <string>
#include <string_view>

#include "manifests/foundation/time.hpp"

namespace teal::simulation {

enum class Promise {
  M1,                // one migrator at a time; one attempt is started at most once
  M2,                // no new replica before every BeforeStart job has succeeded
  M3,                // never skipped: on record as done only what was done
  M4,                // an unknown outcome is not tried again without an operator, unless the job is idempotent
  M5,                // a job is never cut short
  C1,                // no serving container ever holds a migration credential
  C2,                // no secret's value reaches a record, an event, a status or a kept log
  T1,                // Teal never takes the servers in traffic below what is wanted
  T2,                // into traffic only after its own health check, and with the wanted image
  T3,                // no stop before the drain is confirmed or over; no session cut before that
  T4,                // old servers leave only once every new one serves
  T5,                // a dead server is removed whatever else fails
  O2,                // nothing of somebody else's is touched
  O3,                // intent is durable before each side effect; no orphan stays
  O4,                // the end depends on what is wanted only
  O5,                // status never claims what was not observed
  O6,                // every change and who asked for it is on record
  L1,                // once faults stop all becomes as wanted, and stays so
  L2,                // a crash never needs an unlock
  L3,                // each rollout ends, or is parked with a reason
  L4,                // a dead replica is replaced without a rollout
  StopFirst,         // the manifest's `replace: StopFirst`: old and new never run together
  OneStop,           // one stop signal and its whole grace for each replica
  Hooks,             // once per rollout, at their point, in order; a required one that failed blocks
  Database,          // nothing goes past what preflight or a forgotten GRANT forbids; lock and ledger are left in order
  Upgrade,           // the vendor's rules: no stop is jumped over, old and new run side by side within a train only
  SharedDependency,  // a rollout is not given up for a check that the old replicas fail, too
  Bake,              // the old version leaves only once all that will serve has run for the whole bake
  Analysis,          // the bake does not end before every analysis has passed
  Effects,           // no more side effects than a run without faults has, but for what faults explain
};

[[nodiscard]] std::string_view to_string(Promise promise);

struct Violation {
  Promise promise = Promise::L1;
  std::string what;
  Time at{};
};

}  // namespace teal::simulation
