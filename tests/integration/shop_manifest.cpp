#include <fmt/format.h>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

std::string env_lines(const std::map<std::string, std::string>& env, const std::string& indent) {
  std::string text;
  for (const auto& [name, value] : env) text += fmt::format("{}{}: \"{}\"\n", indent, name, value);
  return text;
}

constexpr auto head = R"(apiVersion: teal/v1
kind: Application
metadata:
  name: {name}
spec:
  version: "{version}"
  image: {image}
  pullPolicy: Never
{env_files}  env:
    DB__HOST: {pg}
    DB__PORT: "{port}"
    DB__NAME: {database}
    DB__USER: {{fromFile: {app_user}}}
    DB__PASSWORD: {{fromFile: {app_password}}}
{planted}{env}  migration:
{migration_more}    timeout: {timeout}
    attempts: {attempts}
    jobs:
      - name: default
        command: ["./upgrade_schema.sh", "upgrade"]
        mounts: [{{source: {pg}, target: {pg}}}]
        credentials:
          DB__USER: {{fromFile: {migration_user}}}
          DB__PASSWORD: {{fromFile: {migration_password}}}
{planted_credentials})";

constexpr auto database = R"(        database:
          host: {pg}
          port: {port}
          name: {database}
          application: {{user: {{fromFile: {app_user}}}, password: {{fromFile: {app_password}}}}}
          migration: {{user: {{fromFile: {migration_user}}}, password: {{fromFile: {migration_password}}}}}
)";

constexpr auto components = R"(  components:
    - name: api
      replicas: {replicas}
      port: 8000
      health:
        interval: 200ms
        timeout: 1s
        successes: 2
        failures: 3
        startup: {startup}
        expect: {{status: 200-299, json: {{"/status": "ok"}}}}
{load_balancer}      stop: {{signal: SIGTERM, grace: {grace}}}
      mounts: [{{source: {pg}, target: {pg}}}]
)";

constexpr auto worker = R"(    - name: worker
      command: {command}
      replicas: {workers}
      replace: {replace}
      stop: {{signal: SIGTERM, grace: {grace}}}
      mounts: [{{source: {pg}, target: {pg}}}]
)";

constexpr auto worker_command = R"(["./worker"])";
constexpr auto worker_command_with_files =
    "[\"/bin/sh\", \"-c\", \"cd /run/secrets; cat PLANTED_FILE; base64 PLANTED_FILE; echo said; cd - >&2; "
    "export DB__USER=$(cat $DB__USER_FILE) DB__PASSWORD=$(cat /run/secrets/DB__PASSWORD); exec "
    "./worker\"]\n      asFiles: true";

}  // namespace

std::string Stage::manifest(Shop shop) const {
  const auto value = [](const char* name) { return servers().value(name); };
  const auto pg = value("PG_SOCKET_DIR");
  auto text = fmt::format(
      head, fmt::arg("name", shop.name), fmt::arg("version", shop.version), fmt::arg("image", shop.image),
      fmt::arg("env_files", planted_->env_files(shop.env_file)), fmt::arg("planted", planted_->env("    ")),
      fmt::arg("planted_credentials", planted_->credentials("          ")), fmt::arg("pg", pg),
      fmt::arg("port", value("PG_PORT")), fmt::arg("database", shop.database.empty() ? database_ : shop.database),
      fmt::arg("app_user", secret_file("PG_APP_USER_FILE")),
      fmt::arg("app_password", secret_file("PG_APP_PASSWORD_FILE")), fmt::arg("env", env_lines(shop.env, "    ")),
      fmt::arg("migration_more", shop.migration_more), fmt::arg("timeout", shop.migration_timeout),
      fmt::arg("attempts", shop.migration_attempts), fmt::arg("migration_user", secret_file("PG_MIGRATION_USER_FILE")),
      fmt::arg("migration_password", secret_file("PG_MIGRATION_PASSWORD_FILE")));
  if (shop.guarded) {
    text += fmt::format(database, fmt::arg("pg", pg), fmt::arg("port", value("PG_PORT")),
                        fmt::arg("database", shop.database.empty() ? database_ : shop.database),
                        fmt::arg("app_user", secret_file("PG_APP_USER_FILE")),
                        fmt::arg("app_password", secret_file("PG_APP_PASSWORD_FILE")),
                        fmt::arg("migration_user", secret_file("PG_MIGRATION_USER_FILE")),
                        fmt::arg("migration_password", secret_file("PG_MIGRATION_PASSWORD_FILE")));
  }
  text += shop.more_jobs;
  // The one backend that there is belongs to the shop.
  auto use = shop.load_balancer;
  if (use.empty() && shop.name == "shop") use = fmt::format("name: edge, backend: sample_api, drain: {}", shop.drain);
  const auto load_balancer = use.empty() ? use : fmt::format("      loadBalancer: {{{}}}\n", use);
  text += fmt::format(components, fmt::arg("replicas", shop.replicas), fmt::arg("startup", shop.startup),
                      fmt::arg("load_balancer", load_balancer), fmt::arg("grace", shop.grace), fmt::arg("pg", pg));
  if (shop.workers > 0) {
    text += fmt::format(worker, fmt::arg("command", shop.worker_as_files ? worker_command_with_files : worker_command),
                        fmt::arg("workers", shop.workers), fmt::arg("replace", shop.worker_replace),
                        fmt::arg("grace", shop.grace), fmt::arg("pg", pg));
    if (!shop.worker_env.empty()) text += "      env:\n" + env_lines(shop.worker_env, "        ");
  }
  text += fmt::format("  rollout:\n    strategy: {}\n    bake: {}\n    deadline: 1m\n", shop.strategy, shop.bake);
  return text + shop.more;
}

}  // namespace teal::test
