// An engine in memory, on a clock of the test's: containers behave as scripted, calls fail on demand. Held to the same
// conformance suite as the real one.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/engine.hpp"

namespace teal::test {

class FakeEngine final : public ports::Engine {
 public:
  // What a container does once it is started.
  struct Behaviour {
    std::optional<Duration> runs_for;                  // unset: until it is stopped
    int exit_code = 0;                                 // of an end by itself
    std::optional<Duration> stops_after{Duration{0}};  // from the stop signal to its end; unset: ignores it
    int stop_exit_code = 0;
    std::string output;
    std::string cannot_start;  // the engine's message, when it cannot be started
  };
  enum class Fault {
    Fail,        // nothing happens; unavailable
    LoseAnswer,  // it happens; timed_out
  };
  struct Stored {
    world::Container seen;  // as `list` reports it, but for the history
    ports::ContainerSpec spec;
    Behaviour behaviour;
    std::optional<Time> ends_at;  // it will end then, with end_code
    int end_code = 0;
    std::optional<std::pair<Time, int>> die_event;
    std::vector<Time> kill_events;
    std::vector<std::string> signals;  // all that were delivered, in order
    int starts = 0;
    bool has_lost_files = false;
    bool ended_well = false;  // it ended by itself with exit code 0, whatever the engine says of it
  };

  explicit FakeEngine(const ports::Clock& clock) : clock_(clock) {}

  // Asked at each create. Without one, containers run until they are stopped.
  void script(std::function<Behaviour(const ports::ContainerSpec&)> script) { script_ = std::move(script); }
  // What the engine has, and what its registry has.
  void add_image(const std::string& reference, world::Image image) { images_[reference] = std::move(image); }
  void add_remote_image(const std::string& reference, world::Image image) { remote_[reference] = std::move(image); }
  void remove_image(const std::string& reference) { images_.erase(reference); }
  // As with a mount that is still busy: it can be ended and not removed, and its output cannot be read once that was
  // tried. Until `set_stuck` with false.
  void set_stuck(const std::string& name, bool stuck) {
    stuck ? void(stuck_.try_emplace(name, false)) : void(stuck_.erase(name));
  }
  void set_room(std::optional<std::uint64_t> bytes) { room_ = bytes; }
  // "NAME=value" that the image itself sets in each of its containers.
  void set_in_image(const std::string& image_id, const std::string& variable) { baked_in_[image_id] = {variable}; }
  void clear_image(const std::string& image_id) { baked_in_.erase(image_id); }
  [[nodiscard]] std::vector<std::string> set_by_image(const std::string& image_id) const {
    const auto found = baked_in_.find(image_id);
    return found == baked_in_.end() ? std::vector<std::string>{} : found->second;
  }
  void fail_pulls(std::optional<Error> error) { pull_error_ = std::move(error); }
  // A path on the host that is not there, as a mount's source.
  void lose_path(const std::string& path) { lost_paths_.insert(path); }
  // Those that its containers were given as files, as after a restart of the host.
  void lose_files() {
    for (auto& [name, stored] : containers_) stored.has_lost_files = !std::exchange(stored.spec.files, {}).empty();
  }

  // The nth call from now (1: the next one) of `operation` ("start"; empty: of any) goes wrong, once.
  void inject(Fault fault, int nth = 1, std::string operation = "");
  [[nodiscard]] int calls(const std::string& operation) const;

  // The container's process ends now. Not witnessed: as when the engine itself was killed.
  void end(const std::string& name, int exit_code, bool witnessed = true, bool out_of_memory = false);
  // The engine restarts and forgets its events; every container that runs is ended unwitnessed, with exit code 0.
  void restart();
  // The engine restarts, its containers run on (live-restore); only its events are forgotten.
  void forget_events();
  // The process ends now; the engine's own word is another exit code than its event.
  void end_with_a_lie(const std::string& name, int told, int truth);
  // From now on it ignores stop signals.
  void hang(const std::string& name) {
    if (const auto found = containers_.find(name); found != containers_.end()) found->second.behaviour.stops_after = {};
  }
  // Somebody else removes it.
  void vanish(const std::string& name) {
    ++changes_;
    containers_.erase(name);
  }
  // Somebody gives it another name: from then on it is a stranger.
  void rename(const std::string& name, const std::string& other);
  // Somebody makes a container like it (`docker commit`, then `docker run`): a stranger that runs.
  void copy(const std::string& name, const std::string& other);
  [[nodiscard]] const std::vector<std::pair<world::Stranger, Stored>>& strange() const { return strange_; }
  // All that is there bears the labels of another owner.
  void give_all_to(const std::string& owner) {
    for (const auto& [name, stored] : containers_) owned_by_[name] = owner;
  }
  std::map<std::string, std::vector<world::Container>> of_others(const std::string& application) const override;
  void take_owner(const std::string& owner) override {
    std::erase_if(owned_by_, [&](const auto& one) { return one.second == owner; });
  }
  // By name; up to date with the clock.
  [[nodiscard]] const std::map<std::string, Stored>& containers();
  // Grows whenever a container may have become another than it was; up to date with the clock.
  [[nodiscard]] std::uint64_t changes() {
    settle();
    return changes_;
  }
  [[nodiscard]] std::vector<std::string> running();
  // The next moment at which a container ends by itself.
  [[nodiscard]] std::optional<Time> next_end();

  // From now on it keeps what it has listed, as a driver does that follows events; `tell` is such an event, of what has
  // this name. What is not told of is lost.
  void keep_by_events() {
    keeps_ = true;
    kept_.clear();
    listed_.clear();
  }
  void tell(const std::string& name);
  boost::asio::awaitable<Result<std::vector<world::Container>>> kept(std::string application) override;
  bool keeps() const override { return keeps_; }

  boost::asio::awaitable<Result<std::vector<world::Container>>> list(std::string application) override;
  std::vector<world::Stranger> strangers(const std::string& application) const override;
  boost::asio::awaitable<Result<world::Image>> image(std::string reference) override;
  boost::asio::awaitable<Result<world::Image>> pull(std::string reference) override;
  boost::asio::awaitable<std::optional<std::uint64_t>> room() override { co_return room_; }
  boost::asio::awaitable<Result<void>> discard_image(std::string id) override;
  boost::asio::awaitable<Result<std::string>> create(ports::ContainerSpec spec) override;
  boost::asio::awaitable<Result<void>> start(std::string id) override;
  boost::asio::awaitable<Result<void>> stop(std::string id, std::string signal) override;
  boost::asio::awaitable<Result<void>> remove(std::string id) override;
  boost::asio::awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) override;
  boost::asio::awaitable<Result<ports::Exposure>> exposure(std::string id) override;
  boost::asio::awaitable<Result<ports::Exposure>> image_exposure(std::string image_id) override;

 private:
  struct Injection {
    Fault fault = Fault::Fail;
    int countdown = 1;
    std::string operation;
  };

  // What is to be answered instead of the call's own result, if anything: before it happens, and after.
  struct Outcome {
    std::optional<Error> before;
    std::optional<Error> after;
  };
  Outcome enter(const std::string& operation);
  template <class T>
  static Result<T> answer(const Outcome& outcome, Result<T> result);
  void settle();
  void finish(Stored& stored, Time at, int exit_code, bool witnessed);
  Stored* by_id(const std::string& id);
  Result<std::string> do_create(ports::ContainerSpec spec);
  Result<void> do_start(const std::string& id);
  Result<void> do_signal(const std::string& id, const std::string& signal);
  [[nodiscard]] world::Container shown(const Stored& stored) const;
  void keep(const std::string& name);
  void keep_what_has(const std::string& id);

  const ports::Clock& clock_;
  std::function<Behaviour(const ports::ContainerSpec&)> script_;
  std::map<std::string, Stored> containers_;
  std::vector<std::pair<world::Stranger, Stored>> strange_;
  std::map<std::string, std::string> owned_by_;  // container name → another owner
  std::map<std::string, world::Image> images_;
  std::map<std::string, world::Image> remote_;
  std::map<std::string, std::vector<std::string>> baked_in_;  // by image id
  std::optional<Error> pull_error_;
  std::set<std::string> lost_paths_;
  std::optional<std::uint64_t> room_;
  std::map<std::string, bool> stuck_;  // by name: its removal was tried
  std::vector<Injection> injections_;
  std::map<std::string, int> calls_;
  bool keeps_ = false;
  std::map<std::string, world::Container> kept_;  // by name
  std::set<std::string> listed_;                  // applications that were; "": all
  std::uint64_t changes_ = 0;
  int next_id_ = 1;
  int next_port_ = 49153;
};

}  // namespace teal::test
