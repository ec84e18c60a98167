// Whose turn it is on one engine: of each kind of work only so much is under way at a time, and of those that wait the
// oldest rollout goes first. Pure: the caller has the clock and does the waking.
//
// Level-triggered, and in memory only: each pass of an application says anew what it is at and what it waits for, so
// that a new teald knows it after one pass of each, and nothing that was forgotten stays taken. Work that goes on
// without being asked for (what replaces a dead replica, a job that runs already) counts, and is never held up. So more
// than the limit can be under way; nobody else begins meanwhile.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/ports.hpp"
#include "controllers/rollout/observed.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::reconcile {

class EngineTurns {
 public:
  // Each limit is at least 1.
  explicit EngineTurns(const ports::EngineConcurrency& limits);

  // One application's share.
  struct Claim {
    int holds = 0;  // so many are under way, or are about to be
    bool waits = false;
  };
  using Claims = std::map<rollout::Turn, Claim>;

  // What an application whose rollout began at `since` may begin now. What it holds itself is no reason to wait, and
  // nothing takes that away from it.
  [[nodiscard]] std::map<rollout::Turn, rollout::TurnSeen> seen(const std::string& application, Time since,
                                                                Time now) const;

  // Replaces what was known of it; what is not in `claims` it gives back. Returns those whose turn has come by that:
  // each is to have a pass.
  [[nodiscard]] std::vector<std::string> note(const std::string& application, Time since, const Claims& claims,
                                              Time now);
  // The same for one kind that it no longer is at, whether it waits for more or not.
  [[nodiscard]] std::vector<std::string> give_back(const std::string& application, rollout::Turn turn, Time now);
  // It is gone, or on another engine.
  [[nodiscard]] std::vector<std::string> forget(const std::string& application, Time now);

 private:
  using Place = std::pair<Time, std::string>;  // in order of age

  struct Lane {
    int limit = 1;
    std::map<std::string, int> holders;
    std::map<Place, Time> waiting;  // and when each last said so
    std::map<std::string, Time> since;

    [[nodiscard]] int held_by_others(const std::string& application) const;
    [[nodiscard]] int waiting_before(const Place& place, Time now) const;
    // True when there may be room for others by that.
    bool hold(const std::string& application, int count);
    bool leave(const std::string& application);
    void join(const std::string& application, Time since, Time now);
    void add_next(std::vector<std::string>& next, Time now) const;
  };

  std::map<rollout::Turn, Lane> lanes_;
};

}  // namespace teal::reconcile
