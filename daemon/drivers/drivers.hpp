// The drivers: adapters to everything external that teald uses. A driver is one folder that registers itself through
// the build list (CMakeLists.txt next to this file); nothing else in teald knows any of them by name.
//
// A driver says under which key its section is in teald.yaml, how the section is parsed, and how the port is created.
// Parsing adds errors to the field's report and returns a factory for what was read, so that the options stay private
// to the driver. README.md shows how to add one.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "daemon/drivers/stores/log_limits.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::notifications {
class NotificationChannel;
}  // namespace teal::notifications

namespace teal::ports {
class Analyst;
class Clock;
class Database;
class Engine;
class LoadBalancer;
class Registry;
class Secrets;
class Store;
class Telemetry;
class Tracer;
}  // namespace teal::ports

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::yaml {
struct Field;
}  // namespace teal::yaml

namespace teal::drivers {

// What a part may use of teald. All that it points to outlives the part.
struct DriverContext {
  boost::asio::any_io_executor executor;  // of teald's one thread
  std::string owner;                      // teal.owner; empty while the store is opened, which knows it
  std::string name;                       // the part's in teald.yaml, where it has one
  const ports::Clock* clock = nullptr;
  ports::Telemetry* telemetry = nullptr;
  ports::Secrets* secrets = nullptr;       // null for those that secrets and the store are made of
  ports::Registry* registry = nullptr;     // null before there is one, and when no driver makes one
  runtime::BlockingPool* files = nullptr;  // for looking at files, which is soon done
  std::function<runtime::BlockingPool&(std::size_t threads)> threads;  // a pool of the part's own, for calls that block
  // Something has changed in an application (empty: maybe in any), so that a pass is due.
  std::function<void(std::string application)> changed;
  // It answers (and what it is, where that matters), or it does not and why; each change once.
  std::function<void(bool up, std::string what)> answers;
  // For teald's log.
  std::function<void(const std::string& problem)> warn;
};

// They run beside the part until they are cancelled, and begin once everything else is there.
using Tasks = std::vector<boost::asio::awaitable<void>>;

template <class Port>
struct Part {
  std::unique_ptr<Port> port;
  Tasks tasks{};
};

struct LoadBalancerPart : Part<ports::LoadBalancer> {
  std::string traffic_url{};  // http://host:port, where its traffic enters; empty: it cannot be probed through
};

struct TracerPart : Part<ports::Tracer> {
  // Hands on what is left, for at most so long; before the program ends.
  std::function<boost::asio::awaitable<void>(Duration limit)> flush{};
};

struct StorePart : Part<ports::Store> {
  std::string key_file{};  // where teald keeps a key of its own, on this machine alone
};

// Errors name the key of teald.yaml.
template <class Made, class... More>
using Make = std::function<Result<Made>(DriverContext, More...)>;
struct MakeLoadBalancer {
  Make<LoadBalancerPart> make{};
  bool takes_routes = false;              // Teal keeps its configuration; said before it is made, by `teald --check`
  std::function<Result<void>()> check{};  // what is wrong with what its section names; empty: there is nothing to check

  explicit operator bool() const { return make != nullptr; }
};

struct MakeStore {
  std::function<boost::asio::awaitable<Result<StorePart>>(DriverContext, stores::LogLimits)> open{};
  // What is wrong with the place where it is kept, said by `teald --check`; not_found: nothing is there yet.
  std::function<Result<void>()> check{};

  explicit operator bool() const { return open != nullptr; }
};

template <class Maker>
struct Driver {
  std::string key{};        // in teald.yaml
  bool is_default = false;  // what a teald.yaml that says nothing of this kind has: read from an absent field
  std::string instead{};    // this release can read it and no more: what to write instead
  std::function<Maker(const yaml::Field&)> read;
};

// Of each kind there is one default at most; without one, a teald.yaml that says nothing of it has none.
struct Drivers {
  std::vector<Driver<Make<Part<ports::Engine>>>> engines;    // engines: [{name, KEY: …}]
  std::vector<Driver<MakeLoadBalancer>> load_balancers;      // loadBalancers: [{name, KEY: …}]
  std::vector<Driver<MakeStore>> stores;                     // store: {KEY: …}
  std::vector<Driver<Make<Part<ports::Analyst>>>> analysts;  // KEY: …
  std::vector<Driver<Make<TracerPart>>> tracers;             // tracing: {KEY: …}
  std::vector<Driver<Make<Part<notifications::NotificationChannel>>>>
      notifications;                                            // notifications: [{KEY: …, on: […]}]
  std::vector<Driver<Make<Part<ports::Registry>>>> registries;  // KEY: …
  std::vector<Driver<Make<Part<ports::Database>>>> databases;   // nothing in teald.yaml
  std::vector<Driver<Make<Part<ports::Secrets>>>> secrets;      // nothing in teald.yaml
};

// Those of the build list.
[[nodiscard]] const Drivers& built_in_drivers();

}  // namespace teal::drivers
