// Engine, load balancer, database and store as they are, each call of theirs told to a CallWatch. They outlive the watched ones.
#pragma once

#include <memory>

#include "controllers/ports/database.hpp"
#include "controllers/ports/engine.hpp"
#include "controllers/ports/load_balancer.hpp"
#include "controllers/ports/store.hpp"
#include "daemon/drivers/tracing/call_watch.hpp"

namespace teal {

[[nodiscard]] std::unique_ptr<Engine> watch_engine(CallWatchPtr watch, std::string name, Engine& engine);
[[nodiscard]] std::unique_ptr<LoadBalancer> watch_load_balancer(CallWatchPtr watch, std::string name,
                                                                LoadBalancer& balancer);
[[nodiscard]] std::unique_ptr<Database> watch_database(CallWatchPtr watch, Database& database);
[[nodiscard]] std::unique_ptr<Store> watch_store(CallWatchPtr watch, Store& store);

}  // namespace teal
