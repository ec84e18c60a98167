// What the engine has of ours, as it was last read, and what of it has to be read again.
//
// It is kept by marks: an event, a change of our own, and a list that shows something else than was read each mark a
// container, and what is marked is inspected before it is told again. After a gap in the events everything is marked.
// Pure bookkeeping: who reads, and how many at once, is the engine's business (docker_engine). Single-threaded.
//
// A reading counts from the moment when it was begun, so that a mark that comes while it is under way is not lost.
// Nothing is believed of an event but that something has changed: late, twice or out of order it costs a reading.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/world/container.hpp"
#include "daemon/drivers/engines/docker/events.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

// What tells one state of a container from another, in the list and inspected alike.
struct Look {
  std::string name;
  std::string state;             // the engine's word: "running"
  std::set<int> ports;           // of the host, while it runs
  std::optional<int> exit_code;  // once it has ended; the list says it in words for people only

  // What one of the two does not say makes no difference.
  [[nodiscard]] bool is_same(const Look& other) const;
};

// One container as the engine's list has it.
struct Listed {
  std::string id;
  std::string application;           // label; empty where it bears none
  std::optional<std::string> owner;  // label
  Look look;
  std::optional<world::Container> known;  // as much as the list says
};

// Nothing: it has no Id.
[[nodiscard]] std::optional<Listed> read_entry(const boost::json::value& entry);

// One container as it was inspected.
struct Inspected {
  std::string application;  // label
  Look look;
  std::optional<world::Container> container;  // ours
  std::optional<world::Stranger> stranger;    // or a stranger; neither: somebody else's
  std::string stop_signal;
};

// Errors: unavailable (nonsense).
[[nodiscard]] Result<Inspected> read_inspected(const boost::json::value& inspected, const std::string& owner);

class Inventory {
 public:
  // A moment in the order of marks and readings.
  using Moment = std::uint64_t;

  struct Item {
    Listed listed;  // `known` only of what has not been inspected
    std::optional<Inspected> inspected;
    Moment marked_at = 0;
    Moment read_at = 0;
    Moment asked_of_end_at = 0;  // its reading of that moment left its end in doubt, and the engine was asked

    [[nodiscard]] bool is_due() const { return read_at < marked_at; }
  };

  // What was there and not marked, and yet is not as it was read: no event has told of it, or not yet.
  struct Drift {
    std::string id;
    std::string application;
    Moment at = 0;
  };

  explicit Inventory(std::string owner) : owner_(std::move(owner)) {}
  // Whose containers are ours; all is forgotten.
  void take_owner(std::string owner);
  [[nodiscard]] const std::string& owner() const { return owner_; }

  // Whether the engine's events keep it up to date. NotYet: that is about to be known.
  enum class Followed { NotYet, Yes, No };
  [[nodiscard]] Followed followed() const { return followed_; }
  // Yes: from now on no change goes untold; what was before is not known any more.
  void follow(Followed followed);
  // Called whenever that has changed.
  void on_follow(std::function<void()> told) { told_ = std::move(told); }

  // An event: something has happened to this container.
  void told(const Event& event);
  // We have changed it, or tried to.
  void mark(const std::string& id);
  // There may be containers of this application that are not known.
  void mark_application(const std::string& application);
  // All that is known of this application (empty: of all) is to be inspected.
  void mark_items(const std::string& application);
  // Ours that has just been made.
  void add(const std::string& id, const std::string& application);

  // The moment at which a reading begins: marks that come from now on are not in it.
  [[nodiscard]] Moment begin() const { return now_; }
  [[nodiscard]] bool wants_list_of_all() const { return all_listed_at_ < all_marked_at_; }
  [[nodiscard]] bool wants_list(const std::string& application) const;
  // A reading of the engine's list, entry by entry: with tens of thousands others want the loop meanwhile, and what
  // they mark and read counts more than what a list says that began before.
  struct Listing {
    std::string application;  // empty: of all
    Moment begun = 0;
    std::vector<Drift> drift;
    std::map<std::string, std::set<std::string>> there;  // ids by application
    std::vector<std::string> unsettled;                  // applications, once it is whole
    bool is_whole = false;
  };
  [[nodiscard]] Listing begin_list(std::string application) const;
  void put(Listing& listing, Listed one);
  // It is whole: what is not in it is gone. Goes on for `most` applications at a time; true: with all of them.
  [[nodiscard]] bool settle(Listing& listing, std::size_t most);
  // Whether an event, or a change of our own, explains it by now.
  [[nodiscard]] bool was_told(const Drift& drift) const;

  // What is to be inspected: what may be ours, and is marked.
  [[nodiscard]] std::vector<std::string> due(const std::string& application) const;
  void inspected(const std::string& id, Inspected inspected, Moment begun);
  void gone(const std::string& id);

  [[nodiscard]] Item* find(const std::string& id);
  // Empty: of all applications.
  [[nodiscard]] std::vector<Item*> items(const std::string& application);

 private:
  struct Shelf {
    std::set<std::string> ids;
    Moment marked_at = 0;
    Moment listed_at = 0;
  };
  void put(const std::string& application, Listed one, Moment begun, bool was_complete, std::vector<Drift>& drift);
  void drop_missing(const std::string& application, const std::set<std::string>& there, Moment begun,
                    std::vector<Drift>& drift);

  std::string owner_;
  std::map<std::string, Item> items_;     // by id
  std::map<std::string, Shelf> shelves_;  // by application
  Moment now_ = 1;
  Moment all_marked_at_ = 1;
  Moment all_listed_at_ = 0;
  Followed followed_ = Followed::No;
  std::function<void()> told_;
};

}  // namespace teal::docker
