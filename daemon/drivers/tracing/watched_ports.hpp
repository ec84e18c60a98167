// Engine, load balancer, database and store as they are, each call of theirs told to a CallWatch. They outlive the
// watched ones.
#pragma once

#include <memory>

#include "controllers/ports/database.hpp"
#include "controllers/ports/engine.hpp"
#include "controllers/ports/load_balancer.hpp"
#include "controllers/ports/store.hpp"
#include "daemon/drivers/tracing/call_watch.hpp"

namespace teal::tracing {

[[nodiscard]] std::unique_ptr<ports::Engine> watch_engine(CallWatchPtr watch, std::string name, ports::Engine& engine);
[[nodiscard]] std::unique_ptr<ports::LoadBalancer> watch_load_balancer(CallWatchPtr watch, std::string name,
                                                                       ports::LoadBalancer& balancer);
[[nodiscard]] std::unique_ptr<ports::Database> watch_database(CallWatchPtr watch, ports::Database& database);
[[nodiscard]] std::unique_ptr<ports::Store> watch_store(CallWatchPtr watch, ports::Store& store);

}  // namespace teal::tracing
