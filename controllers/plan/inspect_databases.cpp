#include "controllers/plan/inspect_databases.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace teal::plan {

using boost::asio::awaitable;

namespace {

objects::Finding cannot_look(const Error& error) {
  return {"DatabaseReachable", spec::Reason::NotChecked, error.message, true, false};
}

awaitable<DatabasePreflight> inspect(const ports::Ports& ports, spec::Application application, spec::Job job,
                                     ports::LedgerKey key) {
  DatabasePreflight made;
  made.job = job.name;
  made.database = world::place_of(*job.database);
  auto access = co_await ports::read_access(*ports.secrets, *job.database);
  if (!access) {
    made.findings.push_back(cannot_look(access.error()));
    co_return made;
  }
  made.migration_user = access->migration.user;
  made.application_user = access->application.user;
  if (ports.database == nullptr) {
    made.findings.push_back(cannot_look({ErrorCode::invalid, "this teald speaks to no databases"}));
    co_return made;
  }
  const bool strict = application.spec.migration.strict_credentials;
  auto findings = co_await ports.database->preflight(*access, key, strict);
  if (!findings) {
    made.findings.push_back(cannot_look(findings.error()));
    co_return made;
  }
  made.findings = std::move(*findings);
  const bool blocked = std::ranges::any_of(made.findings, &objects::Finding::blocks);
  if (key.image_digest.empty() || blocked) co_return made;
  const auto digest = key.image_digest;
  const auto view = co_await ports.database->look(*access, key);
  made.done = view && std::ranges::any_of(view->rows, [&](const world::LedgerRow& row) {
                return row.image_digest == digest && row.outcome == world::LedgerOutcome::Succeeded;
              });
  if (!made.done) co_return made;
  auto ungranted = co_await ports.database->ungranted(std::move(*access), std::move(key));
  if (ungranted && !ungranted->empty()) {
    made.findings.push_back(world::grants_missing(job, *ungranted));
    made.ungranted = std::move(*ungranted);
  }
  co_return made;
}

}  // namespace

awaitable<std::vector<DatabasePreflight>> inspect_databases(const ports::Ports& ports, spec::Application application,
                                                            std::string image_digest) {
  std::vector<DatabasePreflight> all;
  const bool has_jobs = application.spec.migration.mode != spec::MigrationMode::ApplicationManaged;
  auto owner = co_await ports.store->owner();
  for (const auto* job : spec::jobs_and_hooks(application.spec)) {
    const auto hook = spec::find_hook(application.spec.hooks, job->name);
    if (!job->database || (!hook && !has_jobs)) continue;
    ports::LedgerKey key;
    key.application = application.name;
    key.job = job->name;
    key.owner = owner ? *owner : "";
    key.image_digest = image_digest;
    key.version = application.spec.version;
    auto one = co_await inspect(ports, application, *job, std::move(key));
    if (hook) one.hook = to_string(*hook);
    if (hook) one.done = false;  // once per rollout, whatever it did before
    all.push_back(std::move(one));
  }
  co_return all;
}

void add_not_looked_at(const spec::ApplicationSpec& spec, PlanFacts& facts) {
  std::vector<std::string> places;
  for (const auto& path : spec.env_files) places.push_back("env file " + path);
  const auto add = [&](const std::string& path, const spec::Environment& environment) {
    for (const auto& [name, source] : environment) {
      if (source.kind != spec::ValueSource::Kind::Literal) places.push_back(fmt::format("{}.{}", path, name));
    }
  };
  add("env", spec.env);
  for (const auto& component : spec.components) add(fmt::format("components[{}].env", component.name), component.env);
  for (const auto* job : spec::jobs_and_hooks(spec)) {
    add(fmt::format("job {} credentials", job->name), job->credentials);
    if (job->database) places.push_back(fmt::format("the database of job {}", job->name));
  }
  if (places.empty()) return;
  facts.findings.push_back(fmt::format("not looked at, which only an admin's plan does: {}", fmt::join(places, ", ")));
}

awaitable<void> add_database_facts(const ports::Ports& ports, spec::Application application, PlanFacts& facts) {
  const auto digest = facts.image ? facts.image->digest : std::string{};
  const auto all = co_await inspect_databases(ports, std::move(application), digest);
  for (const auto& one : all) {
    facts.databases[one.job] = {one.findings, one.ungranted, one.done};
    for (const auto& finding : one.findings) {
      const auto title = one.hook.empty() ? "migration job " + one.job : fmt::format("{} hook {}", one.hook, one.job);
      facts.findings.push_back(fmt::format("{}: {}: {}{}", title, to_string(finding.reason), finding.message,
                                           finding.blocks ? " (it blocks the rollout)" : ""));
    }
  }
}

}  // namespace teal::plan
