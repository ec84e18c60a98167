// A state of the exploration: a world (controllers/plan/model), what teald remembers, and what promises are held
// against.
//
// Time is abstract: effects and the world's own answers take none; it moves only to the next timer. What is under way
// (a probe's answer, a container's end, a check) is an event of its own that may happen before or after anything else.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/plan/model/world.hpp"
#include "controllers/rollout/decide.hpp"
#include "tests/simulation/exploration/scene.hpp"

namespace teal::exploration {

using model::Box;
using model::Effect;
using model::Slot;

// A record as many states share it, with what its part of their fingerprints is made of.
struct KeptRecord : records::RolloutRecord {
  explicit KeptRecord(records::RolloutRecord record) : records::RolloutRecord(std::move(record)) {}

  struct Piece {
    std::string text;          // the same for every state; or of whose container it depends on the state
    std::optional<Time> time;  // how far it is from a state's now
    bool is_id = false;
  };
  mutable std::vector<Piece> pieces;  // empty until a state with it has been written
};

// What teald is about to do in a state. It is decided once, whatever then happens to its effects.
struct Plan {
  rollout::Decision decision;
  std::shared_ptr<const KeptRecord> next;  // null: the decision says nothing of the record
  bool changed = false;
};

struct State : model::World {
  std::shared_ptr<const records::ApplicationRecord> desired;
  std::shared_ptr<const KeptRecord> record;
  std::shared_ptr<const Plan> plan;       // null: not made yet, or something has happened since
  std::map<std::string, int> starts;      // "job@digest@revision": attempts that were started
  std::map<std::string, int> stop_tries;  // by container id: stop signals that were tried to be sent
  rollout::Why why;
  std::optional<Time> wake_at;
  bool quiet = false;    // the last pass found nothing to do
  int faults = 0;        // how many happened
  int answers = 0;       // how often an operator answered a question
  bool excused = false;  // something happened after which a rollout need not succeed
  bool asked = true;     // somebody asked for something since the last rollout began

  [[nodiscard]] int tries_to_stop(const Box& box) const {
    const auto found = stop_tries.find(box.seen.id);
    return found == stop_tries.end() ? 0 : found->second;
  }
  [[nodiscard]] const records::Revision* revision(int number) const {
    return model::find_revision(record.get(), number);
  }
};

struct Move {
  enum class Kind : unsigned char {
    Step,          // what happens without any fault
    Event,         // one of the things under way happens
    Timer,         // … or a timer is faster
    Crash,         // teald starts anew
    CrashAfter,    // it dies after the first so many effects of a pass
    CrashBetween,  // it dies when of a pass's effects only this one has happened
    Fail,          // one effect of a pass fails
    LoseAnswer,    // one effect of a pass is done, but nobody hears of it
    Die,
    Remove,
    Forget,
    Outage,
    Flip,
    Dependency,
    Crashing,
    FullBalancer,
    Stubborn,
    Unremovable,
    LongSessions,
    JobFails,
    JobKilled,
    JobUnseen,
    JobHangs,
    Verb,
    Edit,
    Heal,
  };
  Kind kind = Kind::Step;
  unsigned char which = 0;
};

// What a move did, for people, and the promises that it broke. Texts are only made when `tell` is set.
struct Report {
  bool tell = false;
  std::vector<std::string> lines;
  std::vector<std::string> broken;

  void say(const std::string& line) {
    if (tell) lines.push_back(line);
  }
};

class Model {
 public:
  explicit Model(const Scene& scene) : scene_(scene) {}

  // Where the exploration begins: installed and edited, or nothing.
  [[nodiscard]] State begin() const;
  // All moves but Step. Of a state in which a pass is next: with its plan made.
  [[nodiscard]] std::vector<Move> moves(const State& state) const;
  [[nodiscard]] State apply(State state, Move move, Report& report) const;
  // Whether teald looks before anything else happens: it was woken, or there is nothing but time that may pass.
  [[nodiscard]] bool is_pass_next(const State& state) const;
  // Has what it does then in the state, for all moves from there.
  void make_plan(State& state) const;
  // Nothing is left to do, and all is as it is wanted or parked with a reason.
  [[nodiscard]] bool is_goal(const State& state, std::string* why_not = nullptr) const;

 private:
  struct Run {
    int stop_after = -1;  // effects; then teald dies
    int only = -1;        // this effect, then teald dies
    int fails = -1;       // this effect does not happen
    int unheard = -1;     // this effect happens, its answer is lost
  };
  void step(State& state, Report& report) const;
  // Time runs to the wake-up first, when it is for that.
  void pass(State& state, const Run& run, Report& report) const;
  void disturb(State& state, Move move, Report& report) const;
  void ask(State& state, Move move, Report& report) const;
  void want(State& state, std::size_t spec) const;

  const Scene& scene_;
};

// A process ends, whose job may have succeeded by that.
void end(State& state, Box& box, int exit_code, bool witnessed);
// teald starts anew.
void forget_memory(State& state);

// promises.cpp, promises_of_passes.cpp: held against the truth.
void check_effect(const State& state, const rollout::Action& action, bool first_half, Report& report);
void check_pass(const State& before, const rollout::Decision& decision, Report& report);
void check_state(const State& state, Report& report);
void check_rest(const State& state, Report& report);  // a pass has found nothing to do

// canonical.cpp: equal for states that go on in the same way.
struct Fingerprint {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const Fingerprint&) const = default;
};
// All states that share a record are of the same scene.
[[nodiscard]] Fingerprint fingerprint(const State& state, const Scene& scene);
// Whether a pass changed what matters in the record.
[[nodiscard]] bool same_record(const records::RolloutRecord& a, const records::RolloutRecord& b);

}  // namespace teal::exploration
