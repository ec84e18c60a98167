// Which applications are due for a pass, and when. Pure: the caller has the clock and the coroutines.
//
// A name is in the queue at most once, at its earliest due time. While it is being worked on it is not handed out
// again; requests that arrive meanwhile are remembered. So passes of one application never overlap, and no wake-up is
// lost.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::reconcile {

class WorkQueue {
 public:
  // With whom a name competes for room: those of one engine, so that one that hangs holds up nobody else's. Asked when
  // the name falls due.
  using LaneOf = std::function<std::string(const std::string& name)>;
  explicit WorkQueue(LaneOf lane_of = [](const std::string&) { return std::string{}; })
      : lane_of_(std::move(lane_of)) {}

  // The earlier of this and what was asked for before.
  void add(const std::string& name, Time due);

  // Takes out the names that are due and not being worked on, those that have been due longest first; no more of them
  // than leave `most` of each lane being worked on. Each must be given back with `done`. When the clock has been set
  // back since the last call, what is due moves with it.
  [[nodiscard]] std::vector<std::string> take_due(Time now, std::size_t most = any_number);
  static constexpr std::size_t any_number = std::size_t(-1);

  // The pass is over; `again` is when it asked to be looked at anew, replacing what it had asked for before it ran.
  void done(const std::string& name, std::optional<Time> again);

  // When the next name that is not being worked on falls due; those that are due already wait for `done`.
  [[nodiscard]] std::optional<Time> next_due() const;

  // What is being worked on, and what is due and has to wait for it; passes planned for later are no backlog.
  [[nodiscard]] std::size_t depth(Time now) const;

 private:
  using Moment = std::pair<Time, std::string>;
  void plan(const std::string& name, Time due);
  void follow_clock(Time now);
  bool erase(const Moment& moment);
  [[nodiscard]] bool has_room(const std::string& lane, std::size_t most) const;

  LaneOf lane_of_;
  std::map<std::string, Time>
      due_;                 // all that is wanted, by name; those that are not being worked on are also in one of
  std::set<Moment> later_;  // … these
  std::map<std::string, std::set<Moment>> ready_;  // by lane
  std::map<std::string, std::string> working_;     // and in which lane
  std::map<std::string, std::size_t> busy_;        // how many, by lane
  Time last_seen_{};
};

}  // namespace teal::reconcile
