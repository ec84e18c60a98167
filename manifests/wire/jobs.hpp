// The descriptions (wire/field.hpp) of migration jobs and hooks.
#pragma once

#include "manifests/wire/component.hpp"

namespace teal::wire {

template <class V>
void describe(V& v, Is<spec::DatabaseUser> auto& user) {
  v.type("databaseUser");
  v("user", user.user, {.required = true, .form = "value"});
  v("password", user.password, {.required = true, .form = "secret"});
}

template <class V>
void describe(V& v, Is<spec::DatabaseTarget> auto& target) {
  v.type("database");
  v("host", target.host, {.required = true, .pattern = R"(^(/[^\u0000-\u001f\u007f]*|[A-Za-z0-9_.:\[\]-]{1,253})$)"});
  v("port", target.port, {.least = 1, .most = 65535});
  v("name", target.name, {.required = true, .form = "databaseName"});
  v("sslMode", target.ssl_mode);
  v("sslRootCert", target.ssl_root_cert, {.pattern = R"(^(/[^\u0000-\u001f\u007f]*)?$)"});
  v("schemas", target.schemas, {.least_items = 1, .most_items = 50, .items = "databaseName"});
  v("extensions", target.extensions, {.most_items = 50, .items = "databaseName"});
  v("application", target.application, wire::needed);
  v("migration", target.migration, wire::needed);
}

// What a migration job and a hook have in common.
template <class V>
void describe_job(V& v, Is<spec::Job> auto& job) {
  v("name", job.name, {.required = true, .form = "name"});
  v("command", job.command, {.required = true, .form = "program"});
  v("mounts", job.mounts, {.most_items = 100});
  v("security", job.security);
  v("credentials", job.credentials, {.form = "environment"});
  v("database", job.database);
}

inline constexpr auto describe_migration_job = [](auto& v, auto& job) {
  v.type("job");
  describe_job(v, job);
  v("phase", job.phase);
};

// A hook has no phase, its place says when it runs, and may be allowed to fail. Its own word says whether it is killed.
inline constexpr auto describe_hook = [](auto& v, auto& job) {
  v.type("hook");
  describe_job(v, job);
  v("required", job.required);
  v("killAfter", job.kill_after, {.shortest = Duration{1}});
};

template <class V>
void describe(V& v, Is<spec::Migration> auto& migration) {
  v.type("migration");
  v("mode", migration.mode);
  v("timeout", migration.timeout, {.shortest = Duration{1}});
  v("killAfter", migration.kill_after, {.shortest = Duration{1}});
  v("attempts", migration.attempts, {.least = 1, .most = 100});
  v("idempotent", migration.idempotent);
  v("strictCredentials", migration.strict_credentials);
  v.each("jobs", migration.jobs, {.most_items = 50}, describe_migration_job);
  v.rule(R"({"if": {"properties": {"mode": {"const": "ApplicationManaged"}}, "required": ["mode"]},
             "then": {"properties": {"jobs": {"maxItems": 0}}}})");
}

template <class V>
void describe(V& v, Is<spec::Hooks> auto& hooks) {
  v.type("hooks");
  v.each("beforeMigration", hooks.before_migration, {.most_items = 50}, describe_hook);
  v.each("afterMigration", hooks.after_migration, {.most_items = 50}, describe_hook);
  v.each("beforeCutover", hooks.before_cutover, {.most_items = 50}, describe_hook);
  v.each("afterCutover", hooks.after_cutover, {.most_items = 50}, describe_hook);
  v.each("onRollback", hooks.on_rollback, {.most_items = 50}, describe_hook);
}

}  // namespace teal::wire
