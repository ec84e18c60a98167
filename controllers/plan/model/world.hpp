// A model world small enough to copy: engine, load balancers, health checks, jobs and their databases of one
// application, as values. Actions take effect at once (`perform`); what then happens by itself (a job ends, a probe is
// answered, a check passes, a request finishes) is listed (`under_way`) and happens when the caller says so (`happen`),
// in any order. Pure, and no time passes in it: the caller advances `now`.
//
// Exploration tries every order, with faults in between; a rehearsal lets all of it happen, without faults.
//
// Simplifications: pulls complete at once, and ids and digests that have not been resolved are derived from versions;
// nobody else uses a database; an analysis returns a value within its limit as soon as it is queried.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/records/record.hpp"
#include "controllers/rollout/action.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::model {

// A container, with what the engine and teald know of it and what is true.
struct Box {
  world::Container seen;
  std::string version;
  bool heard = false;                // this teald has had an answer of its health check
  bool ever = false;                 // … a good one
  bool was_well = false;             // truth: it passed its health check once, whoever asked
  int signals = 0;                   // truth: stop signals delivered
  std::optional<Time> signalled_at;  // the first one
};

// A server of a load balancer.
struct Slot {
  std::string balancer;
  std::string backend;
  world::Server seen;           // `up` and `check_passed` follow from what is below
  std::optional<bool> verdict;  // of the load balancer's last check
  std::optional<Time> drained_at;
};

// What is wrong until it is fixed.
struct Trouble {
  std::set<std::string> sick;      // versions that answer their health check with 503
  std::set<std::string> crashing;  // versions whose replicas exit as soon as they are started
  std::set<std::string> hung;      // ids of containers that run and answer nothing
  bool dependency_down = false;    // no version is well
  bool full_balancer = false;
  bool stubborn = false;  // every process ignores stop signals
  bool long_sessions = false;
  bool job_hangs = false;
  bool unremovable = false;  // what has ended stays

  [[nodiscard]] bool any() const {
    return !sick.empty() || !crashing.empty() || !hung.empty() || dependency_down || full_balancer || stubborn ||
           long_sessions || job_hangs || unremovable;
  }
};

// A database that jobs name.
struct JobDatabase {
  std::set<std::string> locked_for;    // jobs that hold its one migration lock together
  std::vector<world::LedgerRow> rows;  // newest first
};

// What was found out about the databases of jobs, by job.
struct Fitness {
  std::vector<objects::Finding> findings;  // of a preflight
  std::vector<std::string> ungranted;      // what the application user could not use once the job is done
};

struct World {
  Time now{std::chrono::milliseconds{1'700'000'000'000}};
  std::vector<Box> boxes;
  std::vector<Slot> slots;
  bool balancer_down = false;
  Trouble trouble;
  std::set<std::string> migrated;  // "job@digest", as the store has it
  std::set<std::string> done;      // "job@digest", truth: its process succeeded
  std::map<std::string, rollout::Failure> failures;
  int next_id = 1;

  std::map<std::string, world::Image>
      images;                     // by reference: those whose id is known; any other is made of its version
  std::set<std::string> to_pull;  // references that the engine does not have, or not verified
  std::string pulled_for;         // rollout_name: this teald has pulled its image
  std::map<std::string, JobDatabase> databases;        // by place_of
  std::map<std::string, Fitness> fitness;              // by job
  std::map<std::string, rollout::DatabaseSeen> asked;  // by job: what teald has seen of its database
  bool can_analyse = true;
  std::string engine_problem;
  std::optional<std::uint64_t> engine_room;
  std::vector<world::Predecessor> predecessors;  // containers of others that `adopt` names
  bool looks_at_predecessors = false;
  std::set<std::string> kept;               // load balancers whose configuration is Teal's
  std::vector<rollout::BackendView> unfit;  // backends that cannot take servers, as they were seen

  [[nodiscard]] const Box* box(std::string_view name) const;
  [[nodiscard]] Box* box(std::string_view name);
  [[nodiscard]] bool is_well(const Box& box) const;  // truth: it runs, and answers with success
  [[nodiscard]] bool leads_to_predecessor(const Slot& slot) const;
  [[nodiscard]] bool serves(const Slot& slot) const;  // truth: it is sent requests and answers them
};

// As its load balancer reports it.
[[nodiscard]] world::Server as_seen(const Slot& slot);
// None: neither what serves nor what is to serve.
[[nodiscard]] const records::Revision* find_revision(const records::RolloutRecord* record, int number);
// Of an image that nobody has looked up.
[[nodiscard]] world::Image image_of(const spec::ApplicationSpec& spec);

// As a pass sees it. `used`: whoever's load balancers are looked at; `record`: null before the first rollout.
[[nodiscard]] rollout::Observed observe(const World& world, const std::vector<spec::ApplicationSpec>& used,
                                        const records::ApplicationRecord& desired,
                                        const records::RolloutRecord* record);
// The other way round: the world that a pass has seen, in which nothing is wrong beyond what has ended.
[[nodiscard]] World world_of(const rollout::Observed& seen, const std::optional<records::RolloutRecord>& record,
                             Time now);

// The parts of an action that a crash may come between: running a replica is to create it and to start it.
struct Effect {
  const rollout::Action* action = nullptr;
  bool first_half = false;
};
[[nodiscard]] std::vector<Effect> effects_of(const std::vector<rollout::Action>& actions);
// Does it, as engine and load balancers would. `record`: as it was stored before.
[[nodiscard]] std::optional<Error> perform(World& world, const records::RolloutRecord* record, const Effect& effect);
// The same of a question to a job's database.
[[nodiscard]] std::optional<Error> ask(World& world, const records::RolloutRecord* record,
                                       const rollout::AskDatabase& question);
// What the next passes see of it: failures in a row are counted, and a success forgets them.
void note_result(World& world, const rollout::Action& action, const std::optional<Error>& error);

// One thing that goes on by itself.
struct Event {
  enum class Kind { JobEnds, Stops, Answers, Checked, SessionsEnd, BalancerBack } kind;
  std::size_t index = 0;  // of its box or slot
};
[[nodiscard]] std::vector<Event> under_way(const World& world);
[[nodiscard]] std::string text(const World& world, const Event& event);
void happen(World& world, const records::RolloutRecord* record, const Event& event);

// A process ends. Not witnessed: the engine was away, so that its exit code proves nothing.
void end(World& world, const records::RolloutRecord* record, Box& box, int exit_code, bool witnessed);
// Another teald has not failed at anything, nor heard of any replica.
void forget_memory(World& world);

}  // namespace teal::model
