// The schema of teald.yaml for editors and the parser must say the same about a document.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "daemon/config/read_config.hpp"
#include "tests/unit/manifests/json_schema.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;

const JsonSchema& schema() {
  static const JsonSchema loaded{[] {
    std::ifstream stream{TEAL_BIN_DIR "/../schema/daemonconfig.schema.json"};
    EXPECT_TRUE(stream.good());
    return std::string{std::istreambuf_iterator<char>{stream}, {}};
  }()};
  return loaded;
}

constexpr std::string_view with_sqlite = R"({
  "apiVersion": "teal/v1", "kind": "DaemonConfig", "manifests": "/srv/manifests", "store": {"sqlite": "/var/lib/teal/teal.db"},
  "api": {"listen": ["unix:/run/teal/teal.sock", "127.0.0.1:7080"],
          "tls": {"certificate": "/c", "key": "/k", "clientCA": "/ca"}, "tokens": "/etc/teal/tokens.yaml",
          "groups": {"teal-admins": "admin"}, "names": ["teal.example.com"]},
  "engines": [{"name": "local", "docker": {"host": "unix:///var/run/docker.sock"}, "concurrency": {"starts": 4, "pulls": 2, "migrations": 1}}],
  "loadBalancers": [{"name": "edge", "probesPerSecond": 100, "haproxy": {"socket": "unix:/run/admin.sock", "master": "unix:/run/master.sock", "url": "http://127.0.0.1:8080"}},
                    {"name": "front", "haproxy": {"managed": {"listen": ["*:80", "[::1]:8443"], "certificates": "/certificates", "directory": "/var/lib/teal/edge"}}}],
  "registries": [{"host": "*.example", "ecr": {"endpoint": "https://vpce.example", "region": "eu-west-1", "profile": "p"},
                  "tls": {"ca": "/ca", "certificate": "/c", "key": "/k"}, "cosign": {"publicKey": "/cosign.pub"}},
                 {"host": "docker.io", "dockerConfig": {"path": "/config.json"}}, {"host": "*", "anonymous": {}},
                 {"host": "registry.example:5000", "basic": {"username": "teal", "password": {"fromFile": "/p"}}}],
  "images": {"keep": 3}, "prometheus": {"url": "https://127.0.0.1:9090", "token": {"fromFile": "/t"}, "ca": "/ca.pem"},
  "notifications": [{"webhook": {"url": {"fromEnv": "HOOK"}, "format": "slack", "secret": {"fromFile": "/s"}}, "on": ["RolloutFailed", "RolloutCompleted", "ApprovalNeeded", "RolloutPaused"]}],
  "tracing": {"otlp": {"url": "https://collector.example:4318/otel", "headers": {"X-Scope": "ops"}}},
  "audit": {"keep": "720h"},
  "logs": {"keep": "168h", "maxSize": "1Gi", "maxEntry": 65536},
  "log": {"format": "json", "level": "info"}})";

json::value document(bool postgres) {
  auto parsed = json::parse({with_sqlite.data(), with_sqlite.size()});
  if (postgres) {
    parsed.at("store") = {
        {"postgres", {{"url", {{"fromFile", "/u"}}}, {"migrationUrl", {{"fromExec", {"/bin/url", "x"}}}}}}};
  }
  return parsed;
}

TEST(DaemonConfigSchema, KnowsTheKeysThatTheReaderKnows) {
  auto keys = test::schema_keys(schema());
  yaml::Report report{"teald.yaml"};
  for (const bool postgres : {false, true}) {
    ASSERT_TRUE(
        config::read_config(json::serialize(document(postgres)), report, drivers::built_in_drivers()).has_value());
  }
  ASSERT_TRUE(report.empty());
  for (const auto& [path, known] : report.known_keys()) {
    EXPECT_EQ(keys[path], known) << path;
    keys.erase(path);
  }
  for (const auto& [path, unread] : keys) {
    EXPECT_TRUE(unread.contains("fromFile")) << "in the schema, never read: " << path;
  }
}

TEST(DaemonConfigSchema, AgreesWithTheParserAboutEveryMutation) {
  std::size_t mutants = 0;
  for (const bool postgres : {false, true}) {
    ASSERT_TRUE(schema().accepts(document(postgres)));
    test::each_mutant(document(postgres), [&](const std::string& where, const json::value& mutant) {
      ++mutants;
      const auto parsed = config::parse_config(json::serialize(mutant), "mutant.json", drivers::built_in_drivers());
      EXPECT_EQ(schema().accepts(mutant), parsed.diagnostics.empty()) << where << "\n" << to_string(parsed.diagnostics);
    });
  }
  EXPECT_GT(mutants, 300U);
}

}  // namespace
}  // namespace teal::test
