#include "controllers/plan/job_targets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <initializer_list>

#include "controllers/environment/credentials.hpp"
#include "manifests/masking/mask_text.hpp"
#include "manifests/wire/json.hpp"

namespace teal::plan {
namespace {

using boost::asio::awaitable;

bool ends_as(std::string name, std::initializer_list<std::string_view> endings) {
  for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

std::string value_of(const masking::SecretEnvironment& environment, std::initializer_list<std::string_view> endings) {
  const auto found = std::ranges::find_if(environment, [&](const auto& one) { return ends_as(one.first, endings); });
  return found == environment.end() ? "" : masking::mask_connection_strings(found->second.reveal());
}

std::string place(const std::string& name, const std::string& host) {
  if (name.empty() || host.empty()) return name + host;
  return fmt::format("{} at {}", name, host);
}

awaitable<JobTarget> target_of(ports::Secrets& secrets, const spec::ApplicationSpec& spec, const spec::Job& job) {
  JobTarget target;
  if (job.database) {
    const auto user = co_await secrets.read(job.database->migration.user);
    if (user) target.user = user->reveal();
    target.database = place(job.database->name, fmt::format("{}:{}", job.database->host, job.database->port));
    co_return target;
  }
  const auto environment = co_await environment::environment_of(secrets, spec, job.credentials);
  if (!environment) co_return target;
  target.user = value_of(*environment, {"USER", "USERNAME"});
  target.database = place(value_of(*environment, {"DATABASE", "DB__NAME", "DB_NAME", "DBNAME"}),
                          value_of(*environment, {"DB__HOST", "DB_HOST", "PGHOST", "DATABASE_HOST"}));
  co_return target;
}

}  // namespace

awaitable<std::map<std::string, JobTarget>> job_targets(ports::Secrets& secrets, const spec::ApplicationSpec& spec) {
  std::map<std::string, JobTarget> targets;
  for (const auto* job : spec::jobs_and_hooks(spec)) {
    auto target = co_await target_of(secrets, spec, *job);
    targets.emplace(job->name, std::move(target));
  }
  co_return targets;
}

}  // namespace teal::plan
