// A world small enough to be copied for every state: what is there, what teald remembers, and the truth that promises
// are held against.
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

#include "controllers/rollout/decide.hpp"
#include "tests/simulation/exploration/scene.hpp"

namespace teal::exploration {

struct Box {
  Container seen;
  bool heard = false;     // this teald has had an answer of its health check
  bool ever = false;      // … a good one
  bool was_well = false;  // truth: it passed its health check once, whoever asked
  int signals = 0;        // truth: stop signals delivered
  int attempts = 0;       // stop signals that were tried to be sent
  std::optional<Time> signalled_at;
  bool started_twice = false;
};

struct Slot {
  std::string balancer;
  std::string backend;
  Server seen;                  // `up` and `check_passed` follow from what is below
  std::optional<bool> verdict;  // of the load balancer's last check
  std::optional<Time> drained_at;
};

// Conditions that last until they are healed.
struct Standing {
  std::set<std::string> sick;      // versions
  std::set<std::string> crashing;  // versions
  bool dependency_down = false;    // no version is well
  bool full_balancer = false;
  bool stubborn = false;
  bool long_sessions = false;
  bool job_hangs = false;

  [[nodiscard]] bool any() const {
    return !sick.empty() || !crashing.empty() || dependency_down || full_balancer || stubborn || long_sessions ||
           job_hangs;
  }
};

// A record as many states share it, with what its part of their fingerprints is made of.
struct KeptRecord : RolloutRecord {
  explicit KeptRecord(RolloutRecord record) : RolloutRecord(std::move(record)) {}

  struct Piece {
    std::string text;          // the same for every state; or of whose container it depends on the state
    std::optional<Time> time;  // how far it is from a state's now
    bool is_id = false;
  };
  mutable std::vector<Piece> pieces;  // empty until a state with it has been written
};

// What teald is about to do in a state. It is decided once, whatever then happens to its effects.
struct Plan {
  Decision decision;
  std::shared_ptr<const KeptRecord> next;  // null: the decision says nothing of the record
  bool changed = false;
};

struct State {
  Time now{std::chrono::milliseconds{1'700'000'000'000}};
  std::shared_ptr<const ApplicationRecord> desired;
  std::shared_ptr<const KeptRecord> record;
  std::shared_ptr<const Plan> plan;  // null: not made yet, or something has happened since
  std::vector<Box> boxes;
  std::vector<Slot> slots;
  bool balancer_down = false;
  Standing standing;
  std::set<std::string> migrated;     // "job@digest", as the store has it
  std::set<std::string> done;         // "job@digest", truth: its process succeeded
  std::map<std::string, int> starts;  // "job@digest@revision": attempts that were started
  int blind_restarts = 0;             // … of a job that is not idempotent, after an outcome that is not known
  std::map<std::string, Failure> failures;
  Why why;
  std::optional<Time> wake_at;
  bool quiet = false;    // the last pass found nothing to do
  int faults = 0;        // how many happened
  int answers = 0;       // how often an operator answered a question
  bool excused = false;  // something happened after which a rollout need not succeed
  bool asked = true;     // somebody asked for something since the last rollout began
  int next_id = 1;

  [[nodiscard]] const Box* box(const std::string& name) const;
  [[nodiscard]] Box* box(const std::string& name);
  [[nodiscard]] std::string version_of(const Box& box) const;
  [[nodiscard]] bool is_well(const Box& box) const;   // truth: it runs, and answers with success
  [[nodiscard]] bool serves(const Slot& slot) const;  // truth: it is sent requests and answers them
  [[nodiscard]] const Revision* revision(int number) const;
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
  [[nodiscard]] Observed observe(const State& state) const;
  void step(State& state, Report& report) const;
  // Time runs to the wake-up first, when it is for that.
  void pass(State& state, const Run& run, Report& report) const;
  void disturb(State& state, Move move, Report& report) const;
  void ask(State& state, Move move, Report& report) const;
  void want(State& state, std::size_t spec) const;

  const Scene& scene_;
};

// world.cpp: the world's own part.
// How much is under way, and what it is, in words; `happen` makes the nth of them happen.
[[nodiscard]] std::size_t count_under_way(const State& state);
[[nodiscard]] std::vector<std::string> under_way(const State& state);
void happen(State& state, std::size_t which);
void happen_all(State& state);
// The parts of an action that a crash may come between: running a replica is to create it and to start it.
struct Effect {
  const Action* action = nullptr;
  bool first_half = false;
};
[[nodiscard]] std::vector<Effect> effects_of(const std::vector<Action>& actions);
[[nodiscard]] std::optional<Error> perform(State& state, const Effect& effect, Report& report);
void end(State& state, Box& box, int exit_code, bool witnessed);
void forget_memory(State& state);

// promises.cpp, promises_of_passes.cpp: held against the truth.
void check_effect(const State& state, const Action& action, bool first_half, Report& report);
void check_pass(const State& before, const Decision& decision, Report& report);
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
[[nodiscard]] bool same_record(const RolloutRecord& a, const RolloutRecord& b);

}  // namespace teal::exploration
