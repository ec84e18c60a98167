// A world in memory that `decide` can be run against, synchronously: actions take effect at once, time moves by hand.
// Tests script what goes wrong (sick versions, failing jobs, dead containers) and look at the state that results.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "controllers/rollout/decide.hpp"

namespace teal::test {

struct World {
  World();

  // What is wanted. `edit` changes the spec and counts a generation.
  records::ApplicationRecord desired;
  void edit(const std::function<void(spec::ApplicationSpec&)>& change);

  // What is remembered, as the store would have it.
  std::optional<records::RolloutRecord> record;
  std::vector<records::RolloutRecord> history;  // ended rollouts that a newer one replaced
  std::vector<records::Event> events;
  rollout::Why why;
  bool erased = false;

  // What is there.
  std::vector<world::Container> containers;
  std::vector<world::Server> servers;
  std::set<std::string> migrated;  // "job@digest"
  bool load_balancer_down = false;
  rollout::Sight load_balancer_sight = rollout::Sight::NotKnown;  // while it is down
  std::map<std::string, int> failing_actions;  // key prefix → how many times it still fails, with `failing_code`
  ErrorCode failing_code = ErrorCode::unavailable;

  // Scripts.
  std::set<std::string> sick_versions;      // answer 503
  std::set<std::string> hung;               // containers that run and answer nothing
  std::set<std::string> crashing_versions;  // exit at once
  std::function<world::Container(world::Container)>
      job_ends;                          // what becomes of a job container; default: exit 0, witnessed
  std::set<std::string> jobs_that_hang;  // job names
  bool ignores_stop = false;
  bool forgets_signals = false;     // the engine has no record of a delivered signal
  std::optional<int> sessions = 0;  // on every draining server
  bool has_image = true;
  bool loses_actions = false;            // teald dies between commit and perform: nothing that is decided happens
  bool knows_nothing_of_health = false;  // teald has just been started: no probe has been answered yet
  bool not_asked_since = false;          // what is well was last asked before what hangs began to
  bool never_saw_health = false;         // … they are answered by now: what is sick was never seen well by this teald

  Duration unobserved{};  // how long nobody had looked before the next pass

  // What Prometheus says, by query; a name of these that is not there: it finds nothing. Asked at each interval.
  std::map<std::string, double> prometheus;
  bool has_prometheus = true;
  bool prometheus_down = false;

  // Effects, counted.
  std::vector<std::string> performed;  // action keys
  std::map<std::string, int> job_starts;
  int fewest_up = 1000;        // servers in traffic, since `watch_traffic`
  bool migrators_met = false;  // two job containers ran at the same time (M1)
  void watch_traffic() { fewest_up = 1000; }

  Time now{std::chrono::milliseconds{1'700'000'000'000}};

  // The world as `decide` is shown it.
  rollout::Observed observe();
  // One pass; true when it decided on anything.
  bool pass();
  // Passes, letting time run to each wake-up, until nothing is to be done before `horizon` has gone by.
  void settle(Duration horizon = std::chrono::minutes{5});
  // Passes until the phase is reached; false when it is not within 500 passes.
  bool run_to(spec::Phase phase);

  [[nodiscard]] spec::Phase phase() const { return record->standing.phase; }
  [[nodiscard]] int up() const;
  [[nodiscard]] std::vector<std::string> running(std::string_view unit) const;  // container names
  [[nodiscard]] bool has_event(std::string_view reason) const;
  world::Container* find(std::string_view name);
  void kill(std::string_view name, int exit_code = 137);

 private:
  void apply(const rollout::Action& action);
  bool create(world::Container container);
  void run(world::Container& container);
  [[nodiscard]] std::string version_of(const world::Container& container) const;
  [[nodiscard]] std::string image_of(const world::Container& container) const;

  void ask_prometheus(rollout::Observed& world);

  std::map<std::string, rollout::Failure> failures_;
  std::vector<world::AnalysisView> analysis_;
  std::optional<Time> unserved_at_;  // when no server was up last
  int next_id_ = 1;
};

}  // namespace teal::test
