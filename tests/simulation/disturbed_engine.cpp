#include <fmt/format.h>

#include <algorithm>

#include "tests/simulation/travel.hpp"

namespace teal::simulation {

namespace {

// How long a driver goes by what it has kept before it compares that with what there is.
constexpr Duration comparison = std::chrono::minutes{5};

class DisturbedEngine final : public ports::Engine {
 public:
  explicit DisturbedEngine(Way& way) : way_(way), engine_(way.world.engine, *way.world.monitors) {}

  awaitable<Result<std::vector<world::Container>>> list(std::string application) override {
    std::function<awaitable<Result<std::vector<world::Container>>>()> effect = [this, application] {
      return do_list(application);
    };
    return travel(way_, call("list", application), std::move(effect));
  }

  // While nothing is told there is no call that anything could happen to.
  awaitable<Result<std::vector<world::Container>>> kept(std::string application) override {
    auto& world = way_.world;
    const auto now = world.timeline.now();
    auto& kept = way_.memory.kept[application];
    if (world.is_away("engine")) kept.life = 0;  // the stream of events has ended
    const bool is_compared = now >= kept.read_at + comparison;
    if (kept.life != way_.life || kept.told != kept.told_when_read || is_compared)
      co_return co_await list(std::move(application));
    if (kept.answer != truth(application)) world.monitors->kept_old(application);
    co_return by_the_wall(kept.answer);
  }
  bool keeps() const override { return true; }

  awaitable<Result<world::Image>> image(std::string reference) override {
    std::function<awaitable<Result<world::Image>>()> effect = [this, reference] { return engine_.image(reference); };
    return travel(way_, call("image", application_of_image(reference)), std::move(effect));
  }

  awaitable<Result<world::Image>> pull(std::string reference) override {
    std::function<awaitable<Result<world::Image>>()> effect = [this, reference] { return engine_.pull(reference); };
    return travel(way_, call("pull " + reference, application_of_image(reference)), std::move(effect));
  }

  awaitable<Result<std::string>> create(ports::ContainerSpec spec) override {
    auto what = call("create " + spec.name, spec.application);
    what.subject = spec.name;
    forget(spec.application);
    auto shared = std::make_shared<ports::ContainerSpec>(std::move(spec));
    std::function<awaitable<Result<std::string>>()> effect = [this, shared] { return do_create(*shared); };
    return travel(way_, std::move(what), std::move(effect));
  }

  awaitable<Result<void>> start(std::string id) override {
    std::function<awaitable<Result<void>>()> effect = [this, id] { return changing(id, engine_.start(id)); };
    return travel(way_, change("start", id), std::move(effect));
  }

  awaitable<Result<void>> stop(std::string id, std::string signal) override {
    auto what = change(signal, id);
    what.may_repeat = false;  // one request, one signal: nobody repeats those
    std::function<awaitable<Result<void>>()> effect = [this, id, signal] {
      return changing(id, engine_.stop(id, signal));
    };
    return travel(way_, std::move(what), std::move(effect));
  }

  awaitable<Result<void>> remove(std::string id) override {
    std::function<awaitable<Result<void>>()> effect = [this, id] { return do_remove(id); };
    return travel(way_, change("remove", id), std::move(effect));
  }

  awaitable<Result<std::string>> logs(std::string id, std::size_t max_bytes) override {
    std::function<awaitable<Result<std::string>>()> effect = [this, id, max_bytes] {
      return engine_.logs(id, max_bytes);
    };
    return travel(way_, call("logs", find(id).first), std::move(effect));
  }

  awaitable<Result<ports::Exposure>> exposure(std::string id) override {
    std::function<awaitable<Result<ports::Exposure>>()> effect = [this, id] { return engine_.exposure(id); };
    return travel(way_, call("exposure", find(id).first), std::move(effect));
  }

  awaitable<Result<ports::Exposure>> image_exposure(std::string image_id) override {
    std::function<awaitable<Result<ports::Exposure>>()> effect = [this, image_id] {
      return engine_.image_exposure(image_id);
    };
    return travel(way_, call("image_exposure", application_of_image(image_id)), std::move(effect));
  }

 private:
  static Call call(std::string what, std::string application) {
    Call made;
    made.what = std::move(what);
    made.application = std::move(application);
    made.part = "engine";
    return made;
  }

  Call change(const std::string& verb, const std::string& id) {
    const auto [application, name] = find(id);
    auto made = call(verb + " " + name, application);
    made.subject = id;
    forget(application);
    return made;
  }

  static std::string application_of_image(const std::string& reference) {
    return reference.substr(0, reference.find(':'));
  }

  std::pair<std::string, std::string> find(const std::string& id) const {
    for (const auto& [name, stored] : way_.world.engine.containers()) {
      if (stored.seen.id == id) return {stored.seen.application, name};
    }
    return {"", "something gone"};
  }

  void forget(const std::string& application) const {
    way_.memory.containers.erase(application);
    ++way_.memory.kept[application].told;
  }

  std::vector<world::Container> truth(const std::string& application) const {
    std::vector<world::Container> all;
    boost::asio::io_context loop;
    auto take = [&all](const std::exception_ptr&, Result<std::vector<world::Container>> listed) {
      if (listed) all = std::move(*listed);
    };
    boost::asio::co_spawn(loop, way_.world.engine.list(application), take);
    loop.run();
    return all;
  }

  // The engine's clock is the wall's: its times and its events jump with it.
  std::vector<world::Container> by_the_wall(std::vector<world::Container> containers) const {
    const auto& wall = way_.world.wall;
    for (auto& one : containers) {
      if (one.started_at) one.started_at = wall.at(*one.started_at);
      if (one.finished_at) one.finished_at = wall.at(*one.finished_at);
      if (one.signalled_at) one.signalled_at = wall.at(*one.signalled_at);
    }
    return containers;
  }

  awaitable<Result<void>> changing(std::string id, awaitable<Result<void>> effect) {
    const auto application = find(id).first;
    auto result = co_await std::move(effect);
    forget(application);
    co_return result;
  }

  awaitable<Result<void>> do_remove(std::string id) {
    if (way_.world.is_away(World::removals)) {
      way_.world.monitors->hindered(find(id).first);
      co_return Error{ErrorCode::internal, "driver failed to remove root filesystem: device or resource busy"};
    }
    co_return co_await changing(id, engine_.remove(id));
  }

  awaitable<Result<std::string>> do_create(ports::ContainerSpec spec) {
    forget(spec.application);
    auto id = co_await engine_.create(std::move(spec));
    co_return id;
  }

  awaitable<Result<std::vector<world::Container>>> do_list(std::string application) {
    auto& world = way_.world;
    auto& memory = way_.memory.containers[application];
    if (memory.moment != 0 && world.faults.strikes(Fault::StaleRead, 0.1, world.phase(application))) {
      world.monitors->shown_old(application, memory.moment);
      co_return memory.answer;
    }
    const auto told = way_.memory.kept[application].told;
    auto listed = co_await engine_.list(application);
    if (!listed) co_return listed;
    way_.memory.kept[application] = {way_.life, way_.memory.kept[application].told, told, world.timeline.now(),
                                     *listed};
    *listed = by_the_wall(std::move(*listed));
    memory = {world.monitors->moment(), *listed};
    co_return listed;
  }

  Way& way_;
  WatchedEngine engine_;
};

}  // namespace

std::unique_ptr<ports::Engine> make_disturbed_engine(Way& way) { return std::make_unique<DisturbedEngine>(way); }

}  // namespace teal::simulation
