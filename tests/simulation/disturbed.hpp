// The ports as teald has them: the fakes, watched by the monitors, behind everything that can happen to a call on its
// way there and to its answer on its way back.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "tests/simulation/monitors/watched.hpp"
#include "tests/simulation/world.hpp"

namespace teal::simulation {

// Answers as they were, for reads that are repeated: never older than the last change that teald itself made there.
struct Memory {
  struct Containers {
    std::uint64_t moment = 0;
    std::vector<world::Container> answer;
  };
  struct Servers {
    std::uint64_t moment = 0;
    std::vector<world::Server> answer;
  };
  // As a driver keeps it by the engine's events: `told` grows with each of them, and with our own changes.
  struct Kept {
    int life = 0;  // none has it yet
    std::uint64_t told = 0;
    std::uint64_t told_when_read = 0;
    Time read_at{};
    std::vector<world::Container> answer;  // in the world's time
  };
  std::map<std::string, Containers> containers;  // by application
  std::map<std::string, Kept> kept;
  std::map<std::string, Servers> servers;     // by load balancer/backend
  std::vector<std::shared_ptr<void>> graves;  // what dead lives have asked for needs their ports
};

// One life of teald, as its calls need it.
struct Way {
  World& world;
  Memory& memory;
  boost::asio::io_context& loop;
  int life = 0;
  std::function<void()> die;
};

[[nodiscard]] std::unique_ptr<ports::Engine> make_disturbed_engine(Way& way);
[[nodiscard]] std::unique_ptr<ports::LoadBalancer> make_disturbed_balancer(Way& way, const std::string& name);
[[nodiscard]] std::unique_ptr<ports::Store> make_disturbed_store(Way& way);

// One life's connections to databases, by database and application; with them go the locks.
using LineKey = std::pair<std::string, std::string>;
using Lines = std::map<LineKey, std::shared_ptr<test::FakeDatabase>>;
[[nodiscard]] std::unique_ptr<ports::Database> make_disturbed_database(Way& way, Lines& lines);

}  // namespace teal::simulation
