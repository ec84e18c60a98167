// What is there whether teald runs or not: engine, load balancers, store, files and clocks, with all that goes wrong
// with them. The models are the fakes of tests/support, held to the same conformance suite as the real adapters.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/databases.hpp"
#include "tests/simulation/fault.hpp"
#include "tests/simulation/monitors/monitors.hpp"
#include "tests/simulation/random.hpp"
#include "tests/simulation/scenario.hpp"
#include "tests/simulation/timeline.hpp"

namespace teal::simulation {

// What happened, for people when `keep`, and as a hash in any case.
class Trace {
 public:
  bool keep = false;
  void say(Time now, const std::string& line);
  void note(Time now, const std::string& line);
  void mark(Time now, std::string_view what) {
    hash_.add(now.time_since_epoch().count());
    hash_.add(what);
  }
  [[nodiscard]] const std::vector<std::string>& lines() const { return lines_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_.value(); }

 private:
  std::vector<std::string> lines_;
  Hash hash_;
};

// How one container is to its users, once it runs.
struct Profile {
  Duration healthy_after{300};
  std::optional<Duration> breaks_after;
  bool never = false;
  bool hangs = false;
  bool accepts = false;  // … which a load balancer does not notice whose check is of layer 4
  Time flaps_until{};
};

class World {
 public:
  explicit World(const Scenario& scenario);

  Timeline timeline;
  WallClock wall{timeline};
  Faults faults;
  test::FakeEngine engine{timeline};
  std::map<std::string, std::unique_ptr<test::FakeLoadBalancer>> balancers;
  test::FakeStore store;
  Databases databases;
  std::unique_ptr<Monitors> monitors;
  Trace trace;
  std::map<std::string, std::string> files;  // manifests, by path
  std::map<std::string, int> rotations;      // of secrets: how often they were changed, by path
  std::set<std::string> passed;              // ids of containers whose check has passed `successes` times in a row
  std::function<void(const std::string& application)> on_event;  // what teald's watches tell
  std::function<void()> on_crash;

  std::map<std::string, spec::Application> applied;  // what users of the API were told is in force
  std::vector<std::string> granted;                  // who asked for the verbs that were granted

  // Counts of what faults did, which explain side effects.
  int ended_by_fault = 0;

  [[nodiscard]] std::optional<spec::Phase> phase(const std::string& application) const;
  // Parts: engine, removals, store, a load balancer's name, or answers_of it.
  [[nodiscard]] bool is_away(const std::string& part) const;
  static constexpr auto removals = "removals";
  [[nodiscard]] static std::string answers_of(const std::string& balancer) { return "answers of " + balancer; }
  [[nodiscard]] bool slots_full() const { return timeline.now() < slots_free_at_; }
  // What Prometheus says of the errors of "application version"; none: nothing, or it does not answer.
  [[nodiscard]] std::optional<double> errors(const std::string& query) const {
    return errors_at(query, timeline.now());
  }
  [[nodiscard]] bool is_wide() const { return scenario_.wide; }
  // What stands in a secret's file now.
  [[nodiscard]] std::string secret(const std::string& path) const;
  // What strangers have is still there; empty, or what is not.
  [[nodiscard]] std::string missing_of_strangers();
  // What a probe of this container sees now; none: well.
  [[nodiscard]] std::optional<std::string> ailment(const std::string& id);
  [[nodiscard]] bool serves(const std::string& load_balancer, const std::string& backend);
  // Brings what follows from time and truth up to date, and tells teald's watches and the monitors.
  void refresh();
  // The next moment at which something happens by itself.
  [[nodiscard]] std::optional<Time> next();
  void strike(Fault fault, const std::string& application);
  // No more faults, and what they left behind is fixed as far as it is not Teal's to fix.
  void heal();
  void say(const std::string& line) { trace.say(timeline.now(), line); }
  // For readers only: not in the hash.
  void note(const std::string& line) { trace.note(timeline.now(), line); }

 private:
  [[nodiscard]] std::optional<double> errors_at(const std::string& query, Time time) const;
  [[nodiscard]] bool lets_pass(const std::string& application, const spec::Analysis& analysis,
                               const records::Revision& revision) const;
  [[nodiscard]] std::optional<Flaw> flaw_of(const ports::ContainerSpec& spec) const;
  void settle_strangers();
  void post_strangers(const std::string& balancer);
  test::FakeEngine::Behaviour script(const ports::ContainerSpec& spec);
  test::FakeEngine::Behaviour script_job(const ports::ContainerSpec& spec);
  test::FakeEngine::Behaviour script_replica(const ports::ContainerSpec& spec);
  test::FakeEngine::Behaviour script_hook(const ports::ContainerSpec& spec);
  [[nodiscard]] bool is_hook(const ports::ContainerSpec& spec) const;
  [[nodiscard]] std::string said_by_job(const ports::ContainerSpec& spec) const;
  [[nodiscard]] static std::string said_by_replica(const test::FakeEngine::Stored& stored);
  void note_job(const test::FakeEngine::Stored& stored);
  void settle_databases();
  [[nodiscard]] const spec::Job* any_guarded_job(const std::string& application);
  void take_lock(Fault fault, const std::string& application, const spec::Job& job);
  void end_other(test::FakeServer& server, const std::string& database, std::int64_t id, const std::string& image);
  void strike_database(Fault fault, const std::string& application);
  void heal_databases();
  void close_left_open();
  void away(const std::string& part, Duration lasts);
  void end_one(Fault fault, const std::string& application);
  void linger(const std::string& application);
  void tear_answers(const std::string& balancer, const std::string& application, Duration lasts,
                    const std::function<void(const std::string&)>& struck);
  void blur_signalled();
  [[nodiscard]] std::optional<std::string> any_container(const std::string& application, bool jobs);
  [[nodiscard]] bool is_well(const test::FakeEngine::Stored& stored) const;
  void wake_at_turns(const Profile& profile);
  void note_changes();
  void notify(const std::string& application);
  void set_health(const std::string& address, bool healthy);

  struct Outage {
    Time since{};
    Time until{};
  };
  struct Known {
    std::string application;
    world::ContainerState state = world::ContainerState::Created;
    std::string address;
  };

  const Scenario& scenario_;
  Time begun_{};
  bool healed_ = false;
  std::set<std::pair<std::string, std::int64_t>> others_at_work_;  // attempts of another Teal: database, row
  Random random_;
  std::map<std::string, Profile> profiles_;  // by container name
  std::map<std::string, Known> known_;       // by id
  std::uint64_t refreshed_at_ = 0;           // changes of the engine as of the newest refresh
  std::map<std::string, bool> health_;       // by address
  std::map<std::string, Time> back_at_;      // by part
  std::map<std::string, Outage> outages_;    // by application: a dependency is down
  Time slots_free_at_{};
};

}  // namespace teal::simulation
