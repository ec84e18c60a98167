#include "manifests/json.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>

#include "manifests/names.hpp"
#include "manifests/quantity.hpp"

namespace teal {
namespace {

namespace json = boost::json;

json::string text(std::string_view value) { return json::string{value.data(), value.size()}; }

template <class E>
json::string word(E value) {
  return text(name_of(value));
}

json::string duration(Duration value) { return text(format_duration(value)); }

// 2 rather than 2E0.
json::value number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<std::int64_t>(value);
  return value;
}

json::array texts(const std::vector<std::string>& values) {
  json::array array;
  for (const auto& value : values) array.push_back(text(value));
  return array;
}

json::object environment(const Environment& values);

json::value source(const ValueSource& value) {
  switch (value.kind) {
    case ValueSource::Kind::Literal:
      return text(value.text);
    case ValueSource::Kind::File:
      return json::object{{"fromFile", text(value.text)}};
    case ValueSource::Kind::Environment:
      return json::object{{"fromEnv", text(value.text)}};
    case ValueSource::Kind::Exec:
      if (value.env.empty()) return json::object{{"fromExec", texts(value.command)}};
      return json::object{{"fromExec", texts(value.command)}, {"env", environment(value.env)}};
  }
  return nullptr;
}

json::object environment(const Environment& values) {
  json::object object;
  for (const auto& [name, value] : values) object.emplace(name, source(value));
  return object;
}

template <class T, class Convert>
json::array list(const std::vector<T>& values, Convert convert) {
  json::array array;
  for (const auto& value : values) array.push_back(convert(value));
  return array;
}

json::object mount(const Mount& mount) {
  return {{"source", text(mount.source)}, {"target", text(mount.target)}, {"readOnly", mount.read_only}};
}

json::object security(const Security& security) {
  json::object object;
  if (!security.user.empty()) object["user"] = text(security.user);
  object["readOnlyRootFilesystem"] = security.read_only_root_filesystem;
  object["noNewPrivileges"] = security.no_new_privileges;
  object["capabilities"] = {{"drop", texts(security.drop)}, {"add", texts(security.add)}};
  object["pids"] = security.pids;
  return object;
}

json::object user(const DatabaseUser& user) {
  return {{"user", source(user.user)}, {"password", source(user.password)}};
}

json::object job_body(const Job& job) {
  json::object object{{"name", text(job.name)},
                      {"command", texts(job.command)},
                      {"mounts", list(job.mounts, mount)},
                      {"security", security(job.security)},
                      {"credentials", environment(job.credentials)}};
  if (const auto& target = job.database) {
    object["database"] = {{"host", text(target->host)},
                          {"port", target->port},
                          {"name", text(target->name)},
                          {"sslMode", word(target->ssl_mode)},
                          {"sslRootCert", text(target->ssl_root_cert)},
                          {"schemas", texts(target->schemas)},
                          {"extensions", texts(target->extensions)},
                          {"application", user(target->application)},
                          {"migration", user(target->migration)}};
  }
  return object;
}

json::object migration_job(const Job& job) {
  auto object = job_body(job);
  object["phase"] = word(job.phase);
  return object;
}

json::object hook(const Job& job) {
  auto object = job_body(job);
  object["required"] = job.required;
  return object;
}

json::object migration(const Migration& migration) {
  return {{"mode", word(migration.mode)},
          {"timeout", duration(migration.timeout)},
          {"attempts", migration.attempts},
          {"idempotent", migration.idempotent},
          {"strictCredentials", migration.strict_credentials},
          {"jobs", list(migration.jobs, migration_job)}};
}

json::object health(const HealthCheck& health) {
  json::object expected;
  for (const auto& [pointer, value] : health.expected_json) expected.emplace(pointer, json::parse(value));
  const auto status = fmt::format("{}-{}", health.expected_status.first, health.expected_status.last);
  return {{"path", text(health.path)},
          {"interval", duration(health.interval)},
          {"timeout", duration(health.timeout)},
          {"successes", health.successes},
          {"failures", health.failures},
          {"startup", duration(health.startup)},
          {"expect", json::object{{"status", text(status)}, {"json", std::move(expected)}}}};
}

json::object component(const Component& component) {
  json::object object{{"name", text(component.name)},
                      {"replicas", component.replicas},
                      {"command", texts(component.command)},
                      {"env", environment(component.env)},
                      {"asFiles", component.secrets_as_files}};
  if (component.port) {
    object["port"] = *component.port;
    object["health"] = health(component.health);  // without a port there is nobody to ask
  }
  if (const auto& use = component.load_balancer) {
    object["loadBalancer"] = {
        {"name", text(use->name)}, {"backend", text(use->backend)}, {"drain", duration(use->drain)}};
  }
  object["stop"] = {{"signal", text(component.stop.signal)}, {"grace", duration(component.stop.grace)}};
  json::object resources;
  if (const auto bytes = component.resources.memory_bytes) resources["memory"] = text(format_memory(*bytes));
  if (const auto cpus = component.resources.cpus) resources["cpus"] = number(*cpus);
  object["resources"] = std::move(resources);
  object["mounts"] = list(component.mounts, mount);
  object["security"] = security(component.security);
  object["replace"] = word(component.replace);
  return object;
}

json::object analysis(const Analysis& analysis) {
  json::object object{{"name", text(analysis.name)}, {"query", text(analysis.query)}};
  if (analysis.max) object["max"] = number(*analysis.max);
  if (analysis.min) object["min"] = number(*analysis.min);
  object["interval"] = duration(analysis.interval);
  object["failures"] = analysis.failures;
  object["onNoData"] = word(analysis.on_no_data);
  object["compareToOld"] = analysis.compare_to_old;
  return object;
}

json::object window(const Window& window) {
  const auto clock = [](int minutes) { return text(fmt::format("{:02}:{:02}", minutes / 60, minutes % 60)); };
  return {{"days", list(window.days, word<Weekday>)},
          {"from", clock(window.from_minute)},
          {"to", clock(window.to_minute)},
          {"timezone", text(window.timezone)}};
}

json::object rollout(const RolloutPolicy& rollout) {
  return {{"strategy", word(rollout.strategy)},
          {"approval", word(rollout.approval)},
          {"bake", duration(rollout.bake)},
          {"keepOld", duration(rollout.keep_old)},
          {"deadline", duration(rollout.deadline)},
          {"onFailure", word(rollout.on_failure)},
          {"analysis", list(rollout.analysis, analysis)},
          {"windows", list(rollout.windows, window)}};
}

json::object upgrade_policy(const UpgradePolicy& policy) {
  json::object object;
  if (policy.train) object["train"] = *policy.train;
  object["outsideTrain"] = word(policy.outside_train);
  if (policy.acknowledged) object["acknowledged"] = text(*policy.acknowledged);
  object["stops"] = texts(policy.stops);
  object["hops"] = word(policy.hops);
  return object;
}

json::object hooks(const Hooks& hooks) {
  return {{"beforeMigration", list(hooks.before_migration, hook)},
          {"afterMigration", list(hooks.after_migration, hook)},
          {"beforeCutover", list(hooks.before_cutover, hook)},
          {"afterCutover", list(hooks.after_cutover, hook)},
          {"onRollback", list(hooks.on_rollback, hook)}};
}

}  // namespace

json::object to_json(const ApplicationSpec& spec) {
  json::object object{
      {"version", text(spec.version)}, {"image", text(spec.image)}, {"pullPolicy", word(spec.pull_policy)}};
  if (!spec.engine.empty()) object["engine"] = text(spec.engine);
  object["envFiles"] = texts(spec.env_files);
  object["env"] = environment(spec.env);
  object["migration"] = migration(spec.migration);
  object["components"] = list(spec.components, component);
  object["rollout"] = rollout(spec.rollout);
  object["upgradePolicy"] = upgrade_policy(spec.upgrade_policy);
  object["hooks"] = hooks(spec.hooks);
  object["restartOnChange"] = spec.restart_on_change;
  object["suspend"] = spec.suspend;
  return object;
}

json::object to_json(const Application& application) {
  json::object labels;
  for (const auto& [key, value] : application.labels) labels.emplace(key, text(value));
  json::object metadata{{"name", text(application.name)}, {"labels", std::move(labels)}};
  return {{"apiVersion", "teal/v1"},
          {"kind", "Application"},
          {"metadata", std::move(metadata)},
          {"spec", to_json(application.spec)}};
}

}  // namespace teal
