// What of a load balancer's answers may be believed at once, and what only a second look proves.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <set>
#include <string>

#include "controllers/ports/ports.hpp"
#include "controllers/rollout/observed.hpp"

namespace teal::reconcile {

// Servers that were missing when a backend was last looked at, by "load balancer/backend"; in memory only. After a
// restart everything that is missing is missing for the first time.
using MissingServers = std::map<std::string, std::set<std::string>>;

// Completes `world.backends`: what is under way out of sight, and which servers of living replicas are missing without
// having been so before. An answer that is none leaves what the one before it said.
void take_second_look(const ports::Ports& ports, MissingServers& missing, rollout::Observed& world);

}  // namespace teal::reconcile
