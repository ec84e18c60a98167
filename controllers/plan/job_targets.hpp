// The user and database of each job and hook, for people. Users and databases are not secret; nothing else of a job's
// environment is read.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>

#include "controllers/plan/make_plan.hpp"
#include "controllers/ports/secrets.hpp"

namespace teal::plan {

// By the job's `database` where it has one, else by the variables that end as those of a user and of a database's name
// and host do (DB__USER, PGDATABASE …). What cannot be read is left empty.
[[nodiscard]] boost::asio::awaitable<std::map<std::string, JobTarget>> job_targets(ports::Secrets& secrets,
                                                                                   const spec::ApplicationSpec& spec);

}  // namespace teal::plan
