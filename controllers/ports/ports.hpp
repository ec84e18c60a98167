// Everything external that the controllers use, by the names that manifests use. Owned by the caller.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <string>

#include "controllers/ports/analyst.hpp"
#include "controllers/ports/clock.hpp"
#include "controllers/ports/database.hpp"
#include "controllers/ports/engine.hpp"
#include "controllers/ports/health.hpp"
#include "controllers/ports/limits.hpp"
#include "controllers/ports/load_balancer.hpp"
#include "controllers/ports/registry.hpp"
#include "controllers/ports/secrets.hpp"
#include "controllers/ports/store.hpp"
#include "controllers/ports/telemetry.hpp"
#include "controllers/ports/tracing.hpp"
#include "controllers/records/kept_log.hpp"
#include "manifests/validate/places.hpp"

namespace teal::ports {

struct LoadBalancerPort {
  LoadBalancer* load_balancer = nullptr;
  std::string url;                                  // where its traffic enters; empty: it cannot be probed through
  int probes_per_second = usual_probes_per_second;  // through it, for each component, during a rollout
};

struct Ports {
  std::map<std::string, Engine*> engines;
  std::map<std::string, EngineConcurrency> concurrency;  // by engine; what is not in it has no limits
  std::string default_engine;
  std::map<std::string, LoadBalancerPort> load_balancers;
  Health* health = nullptr;
  Secrets* secrets = nullptr;
  Registry* registry = nullptr;  // null: nothing is known of registries
  Store* store = nullptr;
  ports::Clock* clock = nullptr;
  Telemetry* telemetry = nullptr;
  Database* database = nullptr;                     // null: jobs with a database cannot run
  Analyst* analyst = nullptr;                       // null: teald.yaml has no Prometheus
  Tracer* tracer = nullptr;                         // null: teald.yaml has no tracing
  std::size_t log_bytes = records::kept_log_bytes;  // of each container, from its end, once it is gone

  // No other teald has this owner now, and from now on none but this one has it; empty: there can be no other.
  std::function<bool(const std::string& owner)> claim_owner{};

  // Runs what takes long and touches nothing but what it holds beside the loop, on which all else waits; empty: on it.
  std::function<boost::asio::awaitable<std::string>(std::function<std::string()> work)> beside{};

  [[nodiscard]] boost::asio::awaitable<std::string> made_beside(std::function<std::string()> work) const;

  // The same for a plan, which can take half a second of a processor: one at a time, so that whoever asks for many
  // waits for himself, and logs are searched meanwhile. Empty: as `beside`.
  std::function<boost::asio::awaitable<std::string>(std::function<std::string()> work)> beside_one_at_a_time{};

  [[nodiscard]] boost::asio::awaitable<std::string> rehearsed_beside(std::function<std::string()> work) const;

  [[nodiscard]] const std::string& engine_name(const spec::ApplicationSpec& spec) const {
    return spec.engine.empty() ? default_engine : spec.engine;
  }
  // The engine that a spec names. Errors: invalid, naming those that teald.yaml has.
  [[nodiscard]] Result<Engine*> engine(const spec::ApplicationSpec& spec) const;
  // What manifests may name.
  [[nodiscard]] rules::Places places() const;
};

}  // namespace teal::ports
