#include "manifests/spec/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal::rules {
namespace {

void validate_database(const spec::DatabaseTarget& target, const std::string& path, Rules& rules) {
  rules.require(spec::is_host(target.host) || spec::is_absolute_path(target.host), path + ".host",
                "expected a host's name, an address or the absolute path of a socket's directory");
  rules.require(target.ssl_root_cert.empty() || spec::is_absolute_path(target.ssl_root_cert), path + ".sslRootCert",
                "expected the absolute path of a file with certificates");
  rules.require(!target.schemas.empty(), path + ".schemas", "expected at least one schema");
}

}  // namespace

std::vector<JobList> job_lists(const spec::ApplicationSpec& spec) {
  return {{"spec.migration.jobs", &spec.migration.jobs},
          {"spec.hooks.beforeMigration", &spec.hooks.before_migration},
          {"spec.hooks.afterMigration", &spec.hooks.after_migration},
          {"spec.hooks.beforeCutover", &spec.hooks.before_cutover},
          {"spec.hooks.afterCutover", &spec.hooks.after_cutover},
          {"spec.hooks.onRollback", &spec.hooks.on_rollback}};
}

void validate_migration(const spec::ApplicationSpec& spec, Rules& rules) {
  const auto& migration = spec.migration;
  if (migration.mode == spec::MigrationMode::ApplicationManaged && !migration.jobs.empty()) {
    rules.problem("spec.migration.jobs",
                  "with mode ApplicationManaged the application makes its own schema: "
                  "remove the jobs, or set mode: Job");
  }
  for (const auto& list : job_lists(spec)) {
    for (std::size_t i = 0; i < list.jobs->size(); ++i) {
      const auto& job = (*list.jobs)[i];
      const auto path = fmt::format("{}[{}]", list.path, i);
      rules.mounts(job.mounts, path + ".mounts");
      validate_security(job.security, path + ".security", rules);
      if (job.database) validate_database(*job.database, path + ".database", rules);
    }
  }
}

}  // namespace teal::rules
