// What the engine has witnessed of our containers, from its events.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/ports/engine.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::docker {

struct Event {
  std::string action;  // create | start | die | kill | destroy | …
  std::string container_id;
  std::string application;  // label
  std::string owner;        // label
  std::optional<int> exit_code;
  std::string signal;  // of a kill: its number, or its name
  Time time;
};

// One line of the stream. Errors: unavailable (nonsense).
[[nodiscard]] Result<Event> parse_event(std::string_view line);

// A stream's pieces, put together to lines again.
class Lines {
 public:
  // The lines that are whole now, without their ends. Errors: unavailable, when one is longer than 1 MiB.
  [[nodiscard]] Result<std::vector<std::string>> feed(std::string_view piece);
  // What came after the last line's end.
  [[nodiscard]] const std::string& rest() const { return rest_; }

 private:
  std::string rest_;
};

// What is known of containers' ends and signals. The engine keeps its last 256 events of all kinds only, so what was
// seen once is remembered for as long as the container is there: a signal that is forgotten would be sent twice.
//
// The record is read for what we cannot know ourselves: how a container ended, which signals one was sent before we
// came to know it, and whether one was delivered whose answer was lost.
class Witness {
 public:
  void saw(const Event& event);
  // By us, just now: nothing has happened to it before.
  void started(const std::string& container_id) { seen_[container_id].past_is_known = true; }
  void delivered(const std::string& container_id, Time time);
  // A signal was sent, and whether it was delivered is not known.
  void in_doubt(const std::string& container_id) { seen_[container_id].in_doubt = true; }

  // Whether the record may say more of this container, as it was just seen, than is known already.
  [[nodiscard]] bool asks_about(const world::Container& container) const;
  // The record was read to its end after the container was seen like this.
  void has_read_about(const world::Container& container);

  // The engine has never been away since this container was started: what it says of its end is what it saw.
  void vouched_for(const world::Container& container) { seen_[container.id].exit_code = container.exit_code; }

  // Fills exit_witnessed and signalled_at. `stop_signal`: which signal counts, SIGKILL always does.
  void fill(world::Container& container, const std::string& stop_signal) const;
  void forget(const std::string& container_id) { seen_.erase(container_id); }

 private:
  struct Signal {
    std::string name;  // empty: the one that we sent to stop it
    Time time;
  };
  struct Seen {
    std::optional<int> exit_code;
    std::vector<Signal> signals;
    bool past_is_known = false;  // the signals of before it was first seen
    bool end_is_known = false;   // or will never be
    bool in_doubt = false;
  };
  std::map<std::string, Seen> seen_;
};

// 15 of "SIGTERM", "TERM", "15" and "SIGRTMIN+3"'s like; nothing for what is none.
[[nodiscard]] std::optional<int> signal_number(std::string_view name);

}  // namespace teal::docker
