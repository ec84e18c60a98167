// The model world (controllers/plan/model) as unit tests of `decide` use it: whatever goes on by itself has happened by
// the end of each pass, and time moves by hand. Tests script what goes wrong (`trouble`, and what is below) and look at
// the state that results.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controllers/plan/model/world.hpp"
#include "controllers/rollout/decide.hpp"

namespace teal::test {

struct World : model::World {
  World();

  // What is wanted. `edit` changes the spec and counts a generation.
  records::ApplicationRecord desired;
  void edit(const std::function<void(spec::ApplicationSpec&)>& change);
  void want(const std::string& version);

  // What is remembered, as the store would have it.
  std::optional<records::RolloutRecord> record;
  std::vector<records::RolloutRecord> history;  // ended rollouts that a newer one replaced
  std::vector<records::Event> events;
  rollout::Why why;
  bool erased = false;

  // Scripts.
  rollout::Presence load_balancer_sight =
      rollout::Presence::Unknown;              // while it is down, which it is until it is set up
  std::map<std::string, int> failing_actions;  // key prefix → how many times it still fails, with `failing_code`
  ErrorCode failing_code = ErrorCode::unavailable;
  std::function<world::Container(world::Container)>
      job_ends;                          // what becomes of a job container; default: exit 0, witnessed
  std::set<std::string> jobs_that_hang;  // names of jobs: those that start from now on
  bool looks_again = true;               // a load balancer, at what it has checked once
  bool traffic_fails = false;            // what is asked through the load balancer gets 503
  bool forgets_signals = false;          // the engine has no record of a delivered signal
  std::optional<int> sessions = 0;       // on every draining server
  bool has_image = true;
  bool loses_actions = false;            // teald dies between commit and perform: nothing that is decided happens
  bool knows_nothing_of_health = false;  // teald has just been started: no probe has been answered yet
  bool not_asked_since = false;          // what is well was last asked before what hangs began to
  bool has_just_recovered = false;       // what is well was so again only after what hangs was asked last
  bool never_saw_health = false;         // … they are answered by now: what is sick was never seen well by this teald

  Duration unobserved{};  // how long nobody had looked before the next pass

  // What Prometheus says, by query; a name of these that is not there: it finds nothing. Asked at each interval.
  std::map<std::string, double> prometheus;
  bool has_prometheus = true;
  bool prometheus_down = false;

  // Effects, counted.
  std::vector<std::string> performed;  // action keys
  std::map<std::string, int> job_starts;
  bool checks_fail = false;    // those of the load balancer, all at once, so that requests go on to all servers
  int fewest_up = 1000;        // servers in traffic, since `watch_traffic`
  bool migrators_met = false;  // two job containers ran at the same time (M1)
  void watch_traffic() { fewest_up = 1000; }
  void forget();  // all that was counted, and the events

  // The world as `decide` is shown it.
  rollout::Observed observe();
  // One pass; true when it decided on anything.
  bool pass();
  // Passes, letting time run to each wake-up, until nothing is to be done before `horizon` has gone by.
  void settle(Duration horizon = std::chrono::minutes{5});
  // Passes until the phase is reached; false when it is not within 500 passes.
  bool run_to(spec::Phase phase);

  // What is there, as engine and load balancer say.
  [[nodiscard]] std::vector<world::Container> containers() const;
  [[nodiscard]] std::vector<world::Server> servers() const;
  [[nodiscard]] spec::Phase phase() const { return record->standing.phase; }
  [[nodiscard]] int up() const;
  [[nodiscard]] std::vector<std::string> running(std::string_view unit) const;  // container names
  [[nodiscard]] bool has_event(std::string_view reason) const;
  world::Container* find(std::string_view name);
  void kill(std::string_view name, int exit_code = 137);

 private:
  void apply(const rollout::Action& action);
  [[nodiscard]] std::optional<Error> scripted_failure(const std::string& key);
  void begin_job(world::Container& job);
  void set_sessions(const std::string& server, std::optional<int> count);
  // Jobs end, what was asked to stop has stopped, checks are answered.
  void let_happen();
  [[nodiscard]] bool is_held_up(const model::Event& event) const;
  [[nodiscard]] const records::RolloutRecord* on_record() const { return record ? &*record : nullptr; }
  [[nodiscard]] std::vector<spec::ApplicationSpec> used_specs() const;
  void observe_traffic(rollout::Observed& seen);
  void ask_prometheus(rollout::Observed& seen);

  std::set<std::string> hanging_;  // ids of jobs
  std::vector<world::AnalysisView> analysis_;
  std::optional<Time> unserved_at_;  // when no server was up last
};

// Its first version is installed, with these changes, and serves.
[[nodiscard]] World installed(const std::function<void(spec::ApplicationSpec&)>& change = {});
// … and version 2 is wanted; nothing is counted yet.
[[nodiscard]] World upgrading(const std::function<void(spec::ApplicationSpec&)>& change = {});

// A replica stops answering its own check, while its load balancer goes on calling it up.
void hang_silently(World& world, std::string_view name);

}  // namespace teal::test
