// The core: decides what to do next from the desired state, the records and the observation. Pure: no I/O, no clock.
//
// Level-triggered: the outcome depends on `world` and the records only, never on having seen an event (O4). The caller
// stores `next` before it performs `actions` (O3), performs them concurrently, does not trust their results, and calls
// again at `wake_at` or when anything happens.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "controllers/records/event.hpp"
#include "controllers/records/record.hpp"
#include "controllers/rollout/action.hpp"
#include "controllers/rollout/observed.hpp"
#include "manifests/spec/reason.hpp"

namespace teal::rollout {

// Why it stands where it stands: shown by status, page, CLI, log and metrics alike.
struct Why {
  spec::Reason reason;
  std::string message;  // a sentence
  bool operator==(const Why&) const = default;
};

struct Decision {
  std::optional<records::RolloutRecord> next;  // none: there is nothing to remember (yet, or any more)
  std::vector<Action> actions;
  std::vector<records::Event> events;
  std::optional<Time> wake_at;  // when to look again even if nothing happens
  Why why;
  bool erase = false;      // deletion is done: forget the application
  std::set<Turn> taken;    // its turn has come and it makes use of that, if only by getting ready
  std::set<Turn> awaited;  // … and has not: it waits for that alone
};

// `record` is the newest rollout; none before the first.
[[nodiscard]] Decision decide(const records::ApplicationRecord& desired,
                              const std::optional<records::RolloutRecord>& record, const Observed& world, Time now);

}  // namespace teal::rollout
