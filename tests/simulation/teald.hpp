// One life of teald: the production reconciler and its queue, on virtual time. Killed, it leaves nothing but the store.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "controllers/reconcile/reconciler.hpp"
#include "controllers/reconcile/work_queue.hpp"
#include "tests/simulation/disturbed.hpp"
#include "tests/simulation/probes.hpp"
#include "tests/support/fake_analyst.hpp"

namespace teal::simulation {

// The ports as one life has them. They outlive it: what it has asked for may come late.
struct Doors {
  explicit Doors(Way one) : way(std::move(one)) {}

  Way way;
  std::unique_ptr<ports::Engine> engine;
  std::map<std::string, std::unique_ptr<ports::LoadBalancer>> balancers;
  std::unique_ptr<ports::Store> store;
  Lines lines;
  std::unique_ptr<ports::Database> database;
};

class Teald {
 public:
  Teald(World& world, Memory& memory, int life);
  ~Teald();
  Teald(const Teald&) = delete;
  Teald& operator=(const Teald&) = delete;

  // Loads the store and looks at everything.
  void start();
  // Runs what can run now. False once it is dead.
  [[nodiscard]] bool run_ready();
  // When its next pass is due, in the world's time.
  [[nodiscard]] std::optional<Time> next_due() const;
  void wake(const std::string& application);
  void kill() { dead_ = true; }
  [[nodiscard]] bool is_dead() const { return dead_; }

  // A manifest was saved.
  void saved(const std::string& path);
  // The watcher of secrets looks at those of an application that follows them.
  void look_at_values(const std::string& application);
  void ask(const std::string& application, records::Verb verb, const std::string& by,
           std::optional<int> to_revision = std::nullopt);
  void apply(const spec::Application& application, const std::string& by);
  void remove(const std::string& application, const std::string& by);

  [[nodiscard]] const status::Board& board() const { return board_; }
  [[nodiscard]] int passes() const { return passes_; }

 private:
  boost::asio::awaitable<void> load();
  boost::asio::awaitable<void> work(std::string name);
  boost::asio::awaitable<void> take_manifests(std::vector<admission::ManifestState> files, bool complete);
  boost::asio::awaitable<void> follow_manifests();
  [[nodiscard]] std::vector<admission::ManifestState> read(const std::vector<std::string>& paths) const;
  boost::asio::awaitable<void> tell_values(std::string application, admission::ValuesSeen seen);
  boost::asio::awaitable<void> do_ask(std::string application, records::VerbRequest request);
  boost::asio::awaitable<void> do_apply(spec::Application application, std::string by);
  boost::asio::awaitable<void> do_remove(std::string application, std::string by);
  void set_timer();
  void spawn(boost::asio::awaitable<void> task);

  World& world_;
  int life_;
  Memory& memory_;
  std::unique_ptr<boost::asio::io_context> loop_;
  std::shared_ptr<Doors> doors_;
  std::unique_ptr<ports::Secrets> secrets_;
  std::unique_ptr<ports::Telemetry> telemetry_;
  Probes probes_;
  std::unique_ptr<test::FakeAnalyst> analyst_;
  status::Board board_{1};
  status::Board::Subscription readers_;
  reconcile::WorkQueue queue_;
  std::unique_ptr<reconcile::Reconciler> reconciler_;
  std::map<std::string, admission::ValuesSeen> told_values_;  // by application: what the store has
  std::set<std::string> telling_;                             // applications whose values are on their way there
  std::vector<std::string> changed_files_;                    // saved, and not read yet
  bool follows_ = true;                                       // somebody will read them: at first whoever loads
  bool dead_ = false;
  bool woken_ = true;
  Time timer_{};
  int passes_ = 0;
};

}  // namespace teal::simulation
