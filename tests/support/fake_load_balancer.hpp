// A load balancer in memory, on a clock of the test's: checks pass and fail after a set delay, requests come and go as
// scripted, calls fail on demand. Held to the same conformance suite as the real one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/load_balancer.hpp"

namespace teal::test {

class FakeLoadBalancer final : public ports::LoadBalancer {
 public:
  enum class Fault {
    Fail,        // nothing happens; unavailable
    LoseAnswer,  // it happens; timed_out
    BreakOff,    // `attach` leaves a server without its check, closed; other calls do nothing. unavailable
  };
  enum class SessionState {
    Running,
    Finished,  // the client has its whole answer
    Cut,       // the client saw an error
    Refused,   // no server was up: 503
  };
  struct Session {
    std::string backend;
    std::string server;  // empty when refused
    std::string address;
    std::optional<Time> ends_at;  // unset: until `finish`
    bool out_of_sight = false;    // in a process that a reload has replaced
    SessionState state = SessionState::Running;
  };

  // `check_delay`: from the moment a server is checked, or its address turns healthy or sick, to the check saying so.
  explicit FakeLoadBalancer(const ports::Clock& clock, Duration check_delay = Duration{100})
      : clock_(clock), check_delay_(check_delay) {}

  void add_backend(const std::string& backend) { backends_.try_emplace(backend); }
  // Addresses are sick until told otherwise.
  void set_healthy(const std::string& address, bool healthy);

  // A client's request; the servers that are up take turns. Returns its number.
  int open_session(const std::string& backend, std::optional<Duration> lasts = {});
  void finish(int session);
  [[nodiscard]] const Session& session(int number);
  // Retries, failed connections: what Server::errors counts.
  void add_errors(const std::string& backend, const std::string& name, std::uint64_t count);

  // Forgets every server; requests under way finish out of sight, in the old process: `leftover` counts them only while
  // it sees old processes.
  void reload();
  void set_sees_old_processes(bool sees) { sees_old_processes_ = sees; }
  // Forgets every server and cuts every request.
  void restart();
  // While it is not reachable every call fails with unavailable; traffic goes on.
  void set_reachable(bool reachable) { reachable_ = reachable; }
  // While its answers are illegible `servers` fails with `invalid`, as when others' changes tear them apart.
  void set_legible(bool legible) { legible_ = legible; }

  // What `obstacles` answers of every backend.
  void set_obstacles(std::vector<std::string> obstacles) { obstacles_ = std::move(obstacles); }

  // The nth call from now (1: the next one) of `operation` ("attach"; empty: of any) goes wrong, once.
  void inject(Fault fault, int nth = 1, std::string operation = "");
  void fail_next(int count, const std::string& operation = "") {
    for (int nth = 1; nth <= count; ++nth) inject(Fault::Fail, nth, operation);
  }
  [[nodiscard]] int calls(const std::string& operation) const;
  // What `servers` would answer now, whatever is wrong with the way to it; none: no such backend.
  // Stands until something changes.
  [[nodiscard]] const std::vector<world::Server>& look(const std::string& backend);
  // Grows whenever `look` may show something else than before; up to date with the clock.
  [[nodiscard]] std::uint64_t changes() {
    settle();
    return changes_;
  }
  // Requests of a replica that are under way, seen or not.
  [[nodiscard]] int truly_under_way(const std::string& backend, const std::string& name) {
    settle();
    return sessions_of(backend, name) + sessions_of(backend, name, true);
  }
  // Requests to this address that a process has which a reload has replaced, and when the newest one was.
  [[nodiscard]] int out_of_sight(const std::string& backend, const std::string& address) {
    settle();
    return static_cast<int>(std::ranges::count_if(running_, [&](std::size_t number) {
      const auto& session = sessions_[number];
      return session.out_of_sight && session.backend == backend && session.address == address;
    }));
  }
  [[nodiscard]] std::optional<Time> replaced_at() const { return replaced_at_; }
  [[nodiscard]] std::vector<std::string> backends() const {
    std::vector<std::string> names;
    for (const auto& [name, backend] : backends_) names.push_back(name);
    return names;
  }
  // The next moment at which a check or a session ends by itself.
  [[nodiscard]] std::optional<Time> next_change();

  boost::asio::awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override;
  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override;
  boost::asio::awaitable<Result<std::vector<std::string>>> obstacles(std::string backend) override;
  boost::asio::awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override;
  boost::asio::awaitable<Result<void>> admit(std::string backend, std::string name) override;
  boost::asio::awaitable<Result<void>> drain(std::string backend, std::string name) override;
  boost::asio::awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override;

 private:
  struct Stored {
    std::string name;
    std::string address;
    world::Intake intake = world::Intake::Closed;
    bool checked = false;         // its check is switched on
    std::optional<bool> verdict;  // of the last check
    std::optional<Time> next_at;  // the next check that may change the verdict
    std::uint64_t errors = 0;
  };
  struct Backend {
    std::vector<Stored> servers;  // in the order in which they were added
    std::size_t turn = 0;
    std::optional<std::vector<world::Server>> shown;  // what `look` shows, once it was asked since the newest change
  };
  struct Injection {
    Fault fault = Fault::Fail;
    int countdown = 1;
    std::string operation;
  };
  struct Outcome {
    std::optional<Error> before;  // instead of doing it
    std::optional<Error> after;   // instead of the answer
    bool breaks_off = false;
  };

  Outcome enter(const std::string& operation);
  template <class T>
  static Result<T> answer(const Outcome& outcome, Result<T> result);
  void settle();
  void changed();
  void switch_check_on(Stored& stored);
  [[nodiscard]] int sessions_of(const std::string& backend, const std::string& name, bool out_of_sight = false) const;
  [[nodiscard]] static bool takes_traffic(const Stored& stored);
  [[nodiscard]] world::Server seen(const std::string& backend, const Stored& stored) const;
  Result<Backend*> find_backend(const std::string& backend);
  Result<Stored*> find(const std::string& backend, const std::string& name);
  Result<void> do_attach(const std::string& backend, const ports::ServerSpec& spec, bool breaks_off);
  Result<void> do_detach(const std::string& backend, const std::string& name, bool cut_sessions);

  const ports::Clock& clock_;
  const Duration check_delay_;
  bool reachable_ = true;
  bool legible_ = true;
  bool sees_old_processes_ = false;
  std::optional<Time> replaced_at_;  // when the present process took the place of another
  std::vector<std::string> obstacles_;
  std::map<std::string, Backend> backends_;
  std::set<std::string> healthy_;
  std::vector<Session> sessions_;
  std::vector<std::size_t> running_;  // of them, those that have not ended
  std::map<std::string, int> calls_;
  std::uint64_t changes_ = 0;
  std::vector<Injection> injections_;
};

}  // namespace teal::test
