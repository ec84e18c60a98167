// The reconciler on fakes of all its ports and a clock of the test's, so that whole rollouts run in milliseconds, and
// can be interrupted at each single call that they make.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "controllers/reconciler.hpp"
#include "tests/support/await.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_load_balancer.hpp"
#include "tests/support/fake_store.hpp"

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
    mode_ = mode;
    at_ = nth;
  }
  // Whether calls are counted and disturbed.
  void attend(bool attends) { attends_ = attends; }
  void revive() { dead_ = false; }
  [[nodiscard]] int calls() const { return calls_; }
  [[nodiscard]] bool is_dead() const { return dead_; }
  [[nodiscard]] const std::string& what() const { return what_; }  // the call that was disturbed

  struct Died {};
  Mode enter(const std::string& what);
  [[noreturn]] void die() {
    dead_ = true;
    throw Died{};
  }

 private:
  Mode mode_ = Mode::Open;
  int at_ = 0;
  int calls_ = 0;
  bool attends_ = false;
  bool dead_ = false;
  std::string what_;
};

struct TestClock final : Clock {
  Time time{std::chrono::milliseconds{1'700'000'000'000}};
  [[nodiscard]] Time now() const override { return time; }
};

// What is there whether teald runs or not.
class Stage {
 public:
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  TestClock clock;
  FakeEngine engine{clock};
  FakeLoadBalancer balancer{clock};
  FakeStore store;
  Gate gate;
  Application application;  // "shop": two api replicas behind a load balancer, a worker, a migration job
  std::set<std::string> sick_images;

  // Seen so far.
  std::map<std::string, int> migrations_started;  // "job of image id"
  bool migrators_met = false;                     // M1
  bool started_twice = false;                     // M1: one container
  int fewest_up = 1000;
  int passes = 0;

  // A new teald, which knows only what the store knows. The one before, if any, is gone without a word.
  void start_teald();
  // Gives this application to teald, which must not be disturbed meanwhile.
  void apply();
  // Passes, timers and probes until the wanted version is Complete, or any rollout has ended with `ended` set; starts a
  // killed teald again. False when `limit` passes were not enough.
  bool run(bool ended = false, int limit = 3000);

  [[nodiscard]] SharedView view() const;
  [[nodiscard]] std::vector<Server> servers();
  [[nodiscard]] Control& teald();
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
