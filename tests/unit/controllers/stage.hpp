// The reconciler on fakes of all its ports and a clock of the test's, so that whole rollouts run in milliseconds, and
// can be interrupted at each single call that they make.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/reconcile/reconciler.hpp"
#include "tests/support/await.hpp"
#include "tests/support/fake_analyst.hpp"
#include "tests/support/fake_database.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_load_balancer.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {

// Stands between the reconciler and a port: counts the calls and disturbs one of them.
class Gate {
 public:
  enum class Mode {
    Open,
    DieBefore,   // teald is killed instead of making the call
    DieAfter,    // … once it has happened, before its answer is read
    LoseAnswer,  // it happens, its answer is lost; timed_out
    Fail,        // it does not happen; unavailable
  };

  void disturb(Mode mode, int nth) {
    plan_ = {{mode, nth}};
    met_ = since_ = 0;
  }
  // One more: the nth call after the one that was disturbed before.
  void then(Mode mode, int nth) { plan_.emplace_back(mode, nth); }
  // Undisturbed until told otherwise; the next call is the first.
  void count_anew() {
    plan_.clear();
    met_ = since_ = 0;
  }
  // Told of each call before it is made, with its number since the newest disturbance; may have it disturbed.
  std::function<void(int nth)> on_call;
  void disturb_this(Mode mode) { plan_.emplace_back(mode, since_); }
  // Whether calls are counted and disturbed.
  void attend(bool attends) { attends_ = attends; }
  void revive() { dead_ = false; }
  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] bool is_dead() const { return dead_; }
  [[nodiscard]] std::size_t met() const { return met_; }           // how many disturbances came to pass
  [[nodiscard]] const std::string& what() const { return what_; }  // the calls that were disturbed

  struct Died {};
  Mode enter(const std::string& what);
  [[noreturn]] void die() {
    dead_ = true;
    throw Died{};
  }

 private:
  std::vector<std::pair<Mode, int>> plan_;
  std::size_t met_ = 0;
  int since_ = 0;  // calls since the newest disturbance
  int calls_ = 0;
  bool attends_ = false;
  bool dead_ = false;
  std::string what_;
};

// What is there whether teald runs or not.
class Stage {
 public:
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  SetClock clock;
  FakeEngine engine{clock};
  FakeLoadBalancer balancer{clock, Duration{40}};
  FakeStore store;
  FakeServer database_server;
  Gate gate;
  // What teald's calls reach behind the gate: the fakes, or what a test has put before them.
  ports::Engine* behind_engine = &engine;
  ports::LoadBalancer* behind_balancer = &balancer;
  ports::Store* behind_store = &store;
  std::function<void()> on_pass = [] {};                                        // a pass begins
  std::function<void(const std::string&)> on_wake = [](const std::string&) {};  // a pass of this application is wanted
  std::function<void()> on_time = [] {};                                        // time has passed, or is about to
  std::function<void(const status::ApplicationView&)> on_view = [](const status::ApplicationView&) {
  };  // shown to everybody
  // What Prometheus says; unset: teald.yaml has none.
  FakeAnalyst::Ask prometheus;
  std::optional<ports::EngineConcurrency> concurrency;  // unset: teald.yaml knows no limits
  spec::Application application;       // "shop": two api replicas behind a load balancer, a worker, a migration job
  std::set<std::string> owners_alive;  // other teald's that run on this machine
  std::set<std::string> sick_images;
  std::set<std::string> hung;        // ids of containers that answer nothing and pass their load balancer's check
  bool traffic_fails = false;        // what is asked through the load balancer, whoever answers
  std::set<std::string> unreadable;  // paths of secrets that cannot be read now
  std::string sick_answer = "503: database unreachable";
  std::map<std::string, std::string> changed_secrets;  // by path: what stands there by now
  std::set<std::string> passed;                        // ids of containers whose health check has passed

  // Seen so far.
  std::vector<std::string> secrets_read;          // paths and programs that values were read from
  std::map<std::string, int> migrations_started;  // "job of image id"
  bool migrators_met = false;                     // M1
  bool started_twice = false;                     // M1: one container
  int fewest_up = 1000;
  int passes = 0;
  int made_beside = 0;  // texts that were searched beside the loop
  int rehearsed_beside = 0;

  // A new teald, which knows only what the store knows. The one before, if any, is gone without a word.
  void start_teald();
  // Gives this application to teald, which must not be disturbed meanwhile.
  void apply();
  // Passes, timers and probes until the wanted version is Complete, or any rollout has ended with `ended` set; starts a
  // killed teald again. False when `limit` passes were not enough.
  bool run(bool ended = false, int limit = 3000);
  bool run_until(const std::function<bool()>& reached, int limit = 3000);

  [[nodiscard]] status::SharedView view() const;
  [[nodiscard]] std::vector<world::Server> servers();
  [[nodiscard]] reconcile::Reconciler& teald();
  // Runs a call to its end.
  template <class T>
  T wait(boost::asio::awaitable<T> task) {
    return await(loop(), std::move(task));
  }

 private:
  class Ears;
  struct Life;
  [[nodiscard]] boost::asio::io_context& loop();
  void step();
  [[nodiscard]] bool is_sick(const std::string& id);
  void note_start(const std::string& id);
  void observe_promises();
  void let_time_pass(std::optional<Time> wake_at);

  std::set<std::string> counted_;                 // ids of job containers that were started
  std::map<std::string, std::string> addresses_;  // by container name
  std::unique_ptr<Ears> ears_;
  std::unique_ptr<Life> life_;
};

}  // namespace teal::test
