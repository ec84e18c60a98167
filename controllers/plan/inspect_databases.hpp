// The databases of an application's migration jobs and hooks, looked at without a rollout: for `teal preflight` and the
// plan.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <vector>

#include "controllers/plan/make_plan.hpp"
#include "controllers/ports/ports.hpp"

namespace teal::plan {

struct DatabasePreflight {
  std::string job;
  std::string hook;            // the point of a hook; empty: a job of the migration
  std::string database;        // "database generator on db.internal:5432"
  std::string migration_user;  // empty when it could not be read
  std::string application_user;
  std::vector<objects::Finding> findings;  // empty: it is fit
  bool done = false;                       // the ledger proves that the job is done for the image
  std::vector<std::string> ungranted{};    // … and this is what the application user cannot use of what it made
  std::string load_balancer{};             // and backend, "edge/shop_api": then it is of that, and of no job
};

// One for each job and hook that names its database, in order. Nothing that stays is changed. `image_digest` may be
// empty.
[[nodiscard]] boost::asio::awaitable<std::vector<DatabasePreflight>> inspect_databases(const ports::Ports& ports,
                                                                                       spec::Application application,
                                                                                       std::string image_digest);

// What a plan says of them. `facts.image` is known by now.
[[nodiscard]] boost::asio::awaitable<void> add_database_facts(const ports::Ports& ports, spec::Application application,
                                                              PlanFacts& facts);

// What a plan says instead when none of that may be looked at: which values and databases those are.
void add_not_looked_at(const spec::ApplicationSpec& spec, PlanFacts& facts);

}  // namespace teal::plan
