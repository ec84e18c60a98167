#include <utility>

#include "manifests/parse/fields.hpp"

namespace teal {

using yaml::Section;

namespace {

bool read(const yaml::Field& field, DatabaseUser& out) {
  Section section{field};
  read(section.need("user"), out.user);
  read(section.need("password"), out.password);
  section.finish();
  return section.is_mapping();
}

bool read_database(const yaml::Field& field, std::optional<DatabaseTarget>& out) {
  if (!field.is_given()) return false;
  Section section{field};
  DatabaseTarget target;
  read(section.need("host"), target.host);
  read(section.get("port"), target.port);
  read(section.need("name"), target.name);
  read(section.get("sslMode"), target.ssl_mode);
  read(section.get("sslRootCert"), target.ssl_root_cert);
  const auto schemas = section.get("schemas");
  if (schemas.is_given()) target.schemas.clear();
  read(schemas, target.schemas);
  read(section.get("extensions"), target.extensions);
  read(section.need("application"), target.application);
  read(section.need("migration"), target.migration);
  section.finish();
  out = std::move(target);
  return section.is_mapping();
}

void read_job_body(Section& section, Job& out) {
  read(section.need("name"), out.name);
  read(section.need("command"), out.command);
  read(section.get("mounts"), out.mounts);
  read(section.get("security"), out.security);
  read(section.get("credentials"), out.credentials);
  read_database(section.get("database"), out.database);
}

// A hook has no phase, its place says when it runs, and may be allowed to fail.
void read_hooks(const yaml::Field& field, std::vector<Job>& out) {
  if (!field.is_given() || !yaml::is_kind(field, yaml::Node::Kind::Sequence, "a list")) return;
  std::size_t index = 0;
  for (const auto& item : field.node->items) {
    const yaml::Field element{&item, yaml::item_path(field.path, index++), item.position, field.report};
    field.report->place(element.path, element.position);
    Section section{element};
    auto& job = out.emplace_back();
    read_job_body(section, job);
    read(section.get("required"), job.required);
    section.finish();
  }
}

}  // namespace

bool read(const yaml::Field& field, Job& out) {
  Section section{field};
  read_job_body(section, out);
  read(section.get("phase"), out.phase);
  section.finish();
  return section.is_mapping();
}

bool read(const yaml::Field& field, Migration& out) {
  Section section{field};
  read(section.get("mode"), out.mode);
  read(section.get("timeout"), out.timeout);
  read(section.get("attempts"), out.attempts);
  read(section.get("idempotent"), out.idempotent);
  read(section.get("strictCredentials"), out.strict_credentials);
  read(section.get("jobs"), out.jobs);
  section.finish();
  return section.is_mapping();
}

bool read(const yaml::Field& field, Hooks& out) {
  Section section{field};
  read_hooks(section.get("beforeMigration"), out.before_migration);
  read_hooks(section.get("afterMigration"), out.after_migration);
  read_hooks(section.get("beforeCutover"), out.before_cutover);
  read_hooks(section.get("afterCutover"), out.after_cutover);
  read_hooks(section.get("onRollback"), out.on_rollback);
  section.finish();
  return section.is_mapping();
}

}  // namespace teal
