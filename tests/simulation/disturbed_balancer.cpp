#include <fmt/format.h>

#include "tests/simulation/travel.hpp"

namespace teal::simulation {

namespace {

class DisturbedBalancer final : public ports::LoadBalancer {
 public:
  DisturbedBalancer(Way& way, const std::string& name)
      : way_(way), name_(name), balancer_(name, *way.world.balancers.at(name), *way.world.monitors) {}

  awaitable<Result<std::vector<world::Server>>> servers(std::string backend) override {
    std::function<awaitable<Result<std::vector<world::Server>>>()> effect = [this, backend] {
      return do_servers(backend);
    };
    auto what = call("servers", backend, "");
    what.fails_as = ErrorCode::invalid;  // an answer that others' changes have torn apart
    return travel(way_, std::move(what), std::move(effect));
  }

  // The wall's clock is everybody's.
  [[nodiscard]] world::Leftover leftover(const std::string& backend) const override {
    auto leftover = balancer_.leftover(backend);
    if (leftover.uncounted_before) leftover.uncounted_before = way_.world.wall.at(*leftover.uncounted_before);
    return leftover;
  }

  awaitable<Result<void>> attach(std::string backend, ports::ServerSpec spec) override {
    const auto what = call("add", backend, spec.name);
    std::function<awaitable<Result<void>>()> effect = [this, backend, spec = std::move(spec)] {
      return do_add(backend, spec);
    };
    return travel(way_, what, std::move(effect));
  }

  awaitable<Result<void>> admit(std::string backend, std::string name) override {
    std::function<awaitable<Result<void>>()> effect = [this, backend, name] {
      forget(backend);
      return balancer_.admit(backend, name);
    };
    return travel(way_, call("enable", backend, name), std::move(effect));
  }

  awaitable<Result<void>> drain(std::string backend, std::string name) override {
    std::function<awaitable<Result<void>>()> effect = [this, backend, name] {
      forget(backend);
      return balancer_.drain(backend, name);
    };
    return travel(way_, call("drain", backend, name), std::move(effect));
  }

  awaitable<Result<void>> detach(std::string backend, std::string name, bool cut_sessions) override {
    std::function<awaitable<Result<void>>()> effect = [this, backend, name, cut_sessions] {
      forget(backend);
      return balancer_.detach(backend, name, cut_sessions);
    };
    return travel(way_, call(cut_sessions ? "delete and cut" : "delete", backend, name), std::move(effect));
  }

 private:
  Call call(const std::string& verb, const std::string& backend, const std::string& server) {
    Call made;
    made.what = server.empty() ? fmt::format("{} of {}/{}", verb, name_, backend)
                               : fmt::format("{} {} in {}/{}", verb, server, name_, backend);
    made.application = backend.substr(0, backend.rfind('_'));
    made.part = name_;
    made.subject = server;
    if (!server.empty()) forget(backend);
    return made;
  }

  void forget(const std::string& backend) const { way_.memory.servers.erase(name_ + "/" + backend); }

  awaitable<Result<void>> do_add(std::string backend, ports::ServerSpec spec) {
    forget(backend);
    if (way_.world.slots_full()) {
      co_return Error{ErrorCode::unavailable, "no slot is left for another server in " + backend};
    }
    auto added = co_await balancer_.attach(backend, std::move(spec));
    co_return added;
  }

  awaitable<Result<std::vector<world::Server>>> do_servers(std::string backend) {
    auto& world = way_.world;
    const auto application = backend.substr(0, backend.rfind('_'));
    if (world.is_away(World::answers_of(name_))) {
      world.monitors->hindered(application);
      co_return Error{ErrorCode::invalid, "its answer makes no sense"};
    }
    auto& memory = way_.memory.servers[name_ + "/" + backend];
    if (memory.moment != 0 && world.faults.strikes(Fault::StaleRead, 0.05, world.phase(application))) {
      world.monitors->shown_old(application, memory.moment);
      co_return memory.answer;
    }
    auto listed = co_await balancer_.servers(backend);
    if (listed) memory = {world.monitors->moment(), *listed};
    co_return listed;
  }

  Way& way_;
  std::string name_;
  WatchedBalancer balancer_;
};

}  // namespace

std::unique_ptr<ports::LoadBalancer> make_disturbed_balancer(Way& way, const std::string& name) {
  return std::make_unique<DisturbedBalancer>(way, name);
}

}  // namespace teal::simulation
