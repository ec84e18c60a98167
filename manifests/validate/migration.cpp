#include "manifests/text_rules.hpp"
#include "manifests/validate/rules.hpp"

namespace teal {
namespace {

using namespace std::chrono_literals;

void validate_user(const DatabaseUser& user, const std::string& path, Rules& rules) {
  rules.source(user.user, path + ".user");
  rules.source(user.password, path + ".password");
  rules.require(user.password.kind != ValueSource::Kind::Literal, path + ".password",
                "a password is not written into a manifest: expected {fromFile: …}, {fromEnv: …} or {fromExec: […]}");
}

void validate_database(const DatabaseTarget& target, const std::string& path, Rules& rules) {
  rules.require(is_host(target.host) || is_absolute_path(target.host), path + ".host",
                "expected a host's name, an address or the absolute path of a socket's directory");
  rules.range(target.port, 1, 65535, path + ".port");
  rules.require(!target.name.empty() && target.name.size() <= 63 && !has_control_character(target.name), path + ".name",
                "expected a database's name of 1 to 63 bytes");
  rules.require(target.ssl_root_cert.empty() || is_absolute_path(target.ssl_root_cert), path + ".sslRootCert",
                "expected the absolute path of a file with certificates");
  rules.require(!target.schemas.empty(), path + ".schemas", "expected at least one schema");
  rules.count(target.schemas.size(), 50, path + ".schemas");
  rules.count(target.extensions.size(), 50, path + ".extensions");
  for (const auto* names : {&target.schemas, &target.extensions}) {
    const auto where = path + (names == &target.schemas ? ".schemas" : ".extensions");
    for (std::size_t i = 0; i < names->size(); ++i) {
      const auto& name = (*names)[i];
      rules.require(!name.empty() && name.size() <= 63 && !has_control_character(name), fmt::format("{}[{}]", where, i),
                    "expected a name of 1 to 63 bytes");
    }
  }
  validate_user(target.application, path + ".application", rules);
  validate_user(target.migration, path + ".migration", rules);
}

}  // namespace

std::vector<JobList> job_lists(const ApplicationSpec& spec) {
  return {{"spec.migration.jobs", &spec.migration.jobs},
          {"spec.hooks.beforeMigration", &spec.hooks.before_migration},
          {"spec.hooks.afterMigration", &spec.hooks.after_migration},
          {"spec.hooks.beforeCutover", &spec.hooks.before_cutover},
          {"spec.hooks.afterCutover", &spec.hooks.after_cutover},
          {"spec.hooks.onRollback", &spec.hooks.on_rollback}};
}

void validate_migration(const ApplicationSpec& spec, Rules& rules) {
  const auto& migration = spec.migration;
  rules.duration(migration.timeout, 1ms, "spec.migration.timeout");
  rules.range(migration.attempts, 1, 100, "spec.migration.attempts");
  if (migration.mode == MigrationMode::ApplicationManaged && !migration.jobs.empty()) {
    rules.problem("spec.migration.jobs",
                  "with mode ApplicationManaged the application makes its own schema: "
                  "remove the jobs, or set mode: Job");
  }
  for (const auto& list : job_lists(spec)) {
    rules.count(list.jobs->size(), 50, list.path);
    for (std::size_t i = 0; i < list.jobs->size(); ++i) {
      const auto& job = (*list.jobs)[i];
      const auto path = fmt::format("{}[{}]", list.path, i);
      rules.require(!job.command.empty(), path + ".command", "expected a command: a list with at least the program");
      rules.command(job.command, path + ".command");
      rules.mounts(job.mounts, path + ".mounts");
      validate_security(job.security, path + ".security", rules);
      rules.environment(job.credentials, path + ".credentials");
      if (job.database) validate_database(*job.database, path + ".database", rules);
    }
  }
}

}  // namespace teal
