// The health monitor of one life of teald, in virtual time: asks as often as the real one, counts as it does, and loses
// its counts with that life.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "controllers/ports/health.hpp"
#include "tests/simulation/world.hpp"

namespace teal::simulation {

class Probes final : public ports::Health {
 public:
  Probes(World& world, int life, std::function<void(const std::string&)> wake)
      : world_(world), life_(life), wake_(std::move(wake)) {}

  void watch(const std::string& application, std::vector<ports::ProbeTarget> targets) override;
  void watch_traffic(const std::string& application, std::vector<ports::TrafficTarget> targets) override;
  [[nodiscard]] std::optional<world::HealthView> view(const std::string& container_id) const override;
  [[nodiscard]] world::TrafficView take_traffic(const std::string& application) override;

 private:
  struct Target {
    std::string application;
    ports::ProbeTarget what;
    world::HealthView view;
    bool asked = false;
  };
  struct Traffic {
    std::vector<ports::TrafficTarget> targets;
    world::TrafficView view;
    bool ticking = false;
  };

  void ask(const std::string& id);
  void tick(const std::string& application);

  World& world_;
  int life_;
  std::function<void(const std::string&)> wake_;
  std::uint64_t asked_ = 0;                // questions so far
  std::map<std::string, Target> targets_;  // by container id
  std::map<std::string, Traffic> traffic_;
};

}  // namespace teal::simulation
