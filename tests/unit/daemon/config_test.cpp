#include "daemon/config/config.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace teal::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view header = "apiVersion: teal/v1\nkind: DaemonConfig\n";

constexpr std::string_view full = R"(apiVersion: teal/v1
kind: DaemonConfig
manifests: /srv/manifests
store: {postgres: {url: {fromFile: /etc/teal/db}, migrationUrl: {fromEnv: MIGRATION_URL}}}
api:
  listen: [unix:/run/teal/teal.sock, 127.0.0.1:7080, "[::1]:0"]
  tls: {certificate: /etc/teal/cert.pem, key: /etc/teal/key.pem, clientCA: /etc/teal/ca.pem}
  tokens: /etc/teal/tokens.yaml
  groups: {teal-admins: admin, teal-viewers: viewer}
  names: [Teal.example.com]
engines:
  - {name: local, docker: {host: unix:///var/run/docker.sock}}
  - {name: other, docker: {host: unix:/run/other.sock}, concurrency: {starts: 1, migrations: 1000}}
loadBalancers:
  - {name: edge, probesPerSecond: 20, haproxy: {socket: unix:/run/haproxy/admin.sock, url: http://127.0.0.1:8080}}
registries:
  - {host: "*.dkr.ecr.*.amazonaws.com", ecr: {}}
  - {host: registry.example:5000, basic: {username: teal, password: {fromFile: /etc/teal/registry}}}
prometheus: {url: https://127.0.0.1:9090, token: {fromFile: /etc/teal/prometheus-token}, ca: /etc/teal/prometheus-ca.pem}
notifications:
  - webhook: {url: {fromFile: /etc/teal/webhook}, format: slack, secret: {fromExec: [/bin/key]}}
    on: [RolloutFailed, RolloutCompleted, ApprovalNeeded, RolloutPaused]
tracing: {otlp: {url: "https://collector.example/otel", headers: {Authorization: {fromFile: /etc/teal/token}, X-Scope: ops}}}
audit: {keep: 720h}
logs: {keep: 168h, maxSize: 1Gi, maxEntry: 64Ki}
log: {format: json, level: debug}
)";

config::DaemonConfig parsed(std::string_view text) {
  auto result = config::parse_config(text, "teald.yaml", drivers::built_in_drivers());
  EXPECT_TRUE(result.config.has_value()) << to_string(result.diagnostics);
  return result.config.value_or(config::DaemonConfig{});
}

std::string errors_of(std::string_view rest) {
  const auto result = config::parse_config(std::string{header} + std::string{rest}, "c", drivers::built_in_drivers());
  EXPECT_EQ(result.config.has_value(), result.diagnostics.empty());
  return to_string(result.diagnostics);
}

TEST(DaemonConfig, HasADefaultForEverything) {
  const auto config = parsed(header);
  EXPECT_EQ(config.manifests, "/etc/teal/manifests");
  EXPECT_TRUE(config.store);
  EXPECT_TRUE(config.registry);
  EXPECT_TRUE(config.database);
  EXPECT_TRUE(config.secrets);
  EXPECT_FALSE(config.analyst);
  EXPECT_FALSE(config.tracer);
  EXPECT_THAT(config.api.listen, ElementsAre(config::ListenAddress{config::UnixAddress{"/run/teal/teal.sock"}}));
  ASSERT_EQ(config.engines.size(), 1U);
  EXPECT_EQ(config.engines[0].name, "local");
  EXPECT_EQ(config.log.level, runtime::LogLevel::Info);
  EXPECT_EQ(config.log.format, runtime::LogFormat::Text);
  EXPECT_THAT(config.unsupported, IsEmpty());
}

TEST(DaemonConfig, ReadsEveryKeyOfTheContract) {
  const auto config = parsed(full);
  EXPECT_EQ(config.manifests, "/srv/manifests");
  EXPECT_THAT(config.api.listen, ElementsAre(config::ListenAddress{config::UnixAddress{"/run/teal/teal.sock"}},
                                             config::ListenAddress{config::TcpAddress{"127.0.0.1", 7080}},
                                             config::ListenAddress{config::TcpAddress{"::1", 0}}));
  EXPECT_EQ(config.api.tls->client_ca, "/etc/teal/ca.pem");
  EXPECT_EQ(config.api.tokens, "/etc/teal/tokens.yaml");
  EXPECT_THAT(config.api.groups, ElementsAre(std::pair{"teal-admins", access::Role::Admin},
                                             std::pair{"teal-viewers", access::Role::Viewer}));
  EXPECT_THAT(config.api.names, ElementsAre("teal.example.com"));
  EXPECT_THAT(config.engines,
              ElementsAre(Field(&config::EngineConfig::name, "local"), Field(&config::EngineConfig::name, "other")));
  EXPECT_EQ(config.engines[0].concurrency, (ports::EngineConcurrency{.starts = 4, .pulls = 2, .migrations = 8}));
  EXPECT_EQ(config.engines[1].concurrency, (ports::EngineConcurrency{.starts = 1, .pulls = 2, .migrations = 1000}));
  EXPECT_THAT(config.load_balancers, ElementsAre(AllOf(Field(&config::LoadBalancerConfig::name, "edge"),
                                                       Field(&config::LoadBalancerConfig::probes_per_second, 20))));
  EXPECT_TRUE(config.analyst);
  EXPECT_THAT(config.notifications.at(0).on,
              ElementsAre(notifications::Notice::RolloutFailed, notifications::Notice::RolloutCompleted,
                          notifications::Notice::ApprovalNeeded, notifications::Notice::RolloutPaused));
  EXPECT_EQ(name_of(config.log.format), "json");
  EXPECT_EQ(name_of(config.log.level), "debug");
}

TEST(DaemonConfig, ReadsTracingAndWhatIsKeptOfLogs) {
  const auto config = parsed(full);
  EXPECT_TRUE(config.tracer);
  EXPECT_EQ(config.audit.keep, std::chrono::hours{720});
  EXPECT_EQ(parsed(header).audit.keep, std::chrono::hours{8760});
  EXPECT_EQ(config.logs, (stores::LogLimits{std::chrono::hours{168}, 1 << 30, 64 << 10}));
  EXPECT_FALSE(parsed(header).tracer);
  EXPECT_EQ(parsed(header).logs, (stores::LogLimits{std::chrono::hours{720}, 64 << 20, 256 << 10}));
}

TEST(DaemonConfig, NamesEveryPartThatIsNotSupportedYet) {
  EXPECT_THAT(parsed(full).unsupported,
              ElementsAre("store.postgres: not supported yet: use store: {sqlite: /var/lib/teal/teal.db}"));
}

// What the first line of the errors says of listening there with these other keys; empty: it is allowed.
std::string refusal_of(const std::string& address, const std::string& more) {
  const auto parsed = config::parse_config(
      fmt::format("apiVersion: teal/v1\nkind: DaemonConfig\napi: {{listen: [\"{}\"]{}}}\n", address, more), "c",
      drivers::built_in_drivers());
  return parsed.diagnostics.empty() ? "" : to_string(parsed.diagnostics.front());
}

TEST(DaemonConfig, IsHeardByOtherMachinesOnlyOverTlsByThoseWhoProveWhoTheyAre) {
  const std::string tls = ", tls: {certificate: /c, key: /k}";
  const std::string tls_with_ca = ", tls: {certificate: /c, key: /k, clientCA: /ca}";
  const std::string tokens = ", tokens: /t";
  for (const auto* address : {"0.0.0.0:7080", "[::]:7080", "10.0.0.1:7080", "teal.example.com:7080", "128.0.0.1:1",
                              "[::ffff:10.0.0.1]:7080", "127.evil.example:7080", "0:7080"}) {
    for (const auto& more : {std::string{}, tls, tokens}) {
      const auto refusal = refusal_of(address, more);
      EXPECT_THAT(refusal, HasSubstr("api.listen[0]")) << address << more;
      EXPECT_THAT(refusal, HasSubstr("api.tls")) << address << more;
      EXPECT_THAT(refusal, HasSubstr("api.tokens")) << address << more;
    }
    EXPECT_EQ(refusal_of(address, tls + tokens), "") << address;
    EXPECT_EQ(refusal_of(address, tls_with_ca), "") << address;
  }
  for (const auto* address : {"127.0.0.1:7080", "127.1.2.3:7080", "[::1]:7080", "localhost:7080", "unix:/run/x.sock"}) {
    EXPECT_EQ(refusal_of(address, ""), "") << address;
  }
}

TEST(DaemonConfig, NamesEachErrorWithItsPlace) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"manifest: /x\n", "c:3:1: manifest: unknown key \"manifest\"; did you mean manifests?"},
      {"manifests: x\n", "c:3:1: manifests: expected an absolute path without \"..\""},
      {"store: {sqlite: /a, postgres: {url: x}}\n",
       "c:3:21: store.postgres: there is one store: expected either sqlite or postgres"},
      {"store: {postgres: {}}\n", "c:3:9: store.postgres.url: missing: the key url is required here"},
      {"api: {listen: []}\n", "c:3:7: api.listen: expected at least one address"},
      {"api: {listen: [7080]}\n",
       "c:3:16: api.listen[0]: expected text, but YAML reads this as a number: put it in quotes"},
      {"api: {listen: [\"127.0.0.1:70800\"]}\n",
       "c:3:16: api.listen[0]: \"127.0.0.1:70800\" is not an address to listen on: expected unix:/run/teal/teal.sock "
       "or 127.0.0.1:7080"},
      {"api: {listen: [localhost:1, localhost:1]}\n", "c:3:29: api.listen[1]: \"localhost:1\" is given twice"},
      {"api: {groups: {ops: root}}\n",
       "c:3:16: api.groups.ops: \"root\" is not known: expected one of viewer, operator, admin"},
      {"api: {names: [\"a b\"]}\n", "c:3:15: api.names[0]: \"a b\" is not a host name"},
      {"api: {tls: {certificate: /c}}\n", "c:3:7: api.tls.key: missing: the key key is required here"},
      {"engines: []\n", "c:3:1: engines: expected at least one engine"},
      {"engines: [{name: a, docker: {host: tcp://h:1}}]\n",
       "c:3:30: engines[0].docker.host: \"tcp://h:1\" is not a Unix socket: expected text like "
       "unix:///var/run/docker.sock, with a "
       "path of at most 107 bytes"},
      {"engines: [{name: a, docker: {}}, {name: a, docker: {}}]\n", "c:3:35: engines[1].name: \"a\" is given twice"},
      {"engines: [{name: A, docker: {}}]\n",
       "c:3:12: engines[0].name: expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends"},
      {"engines: [{name: a, docker: {}, concurrency: {pulls: 0}}]\n",
       "c:3:47: engines[0].concurrency.pulls: expected a whole number from 1 to 1000"},
      {"engines: [{name: a, docker: {}, concurrency: {start: 1}}]\n",
       "c:3:47: engines[0].concurrency.start: unknown key \"start\"; did you mean starts?"},
      {"loadBalancers: [{name: \"a b\", haproxy: {socket: unix:/s}}]\n",
       "c:3:18: loadBalancers[0].name: expected 1 to 102 letters, digits and . - _ :"},
      {"loadBalancers: [{name: a, haproxy: {socket: unix:/s, url: \"127.0.0.1\"}}]\n",
       "c:3:54: loadBalancers[0].haproxy.url: expected a URL such as http://127.0.0.1:8080"},
      {"loadBalancers: [{name: a, haproxy: {socket: unix:/s}, probesPerSecond: 0}]\n",
       "c:3:55: loadBalancers[0].probesPerSecond: expected a whole number from 1 to 100"},
      {"loadBalancers: [{name: a, haproxy: {socket: unix:/s}, probesPerSecond: 101}]\n",
       "c:3:55: loadBalancers[0].probesPerSecond: expected a whole number from 1 to 100"},
      {"registries: [{host: h}]\n",
       "c:3:14: registries[0]: expected exactly one of ecr, basic, dockerConfig and anonymous"},
      {"registries: [{host: \"h/x\", ecr: {}}]\n",
       "c:3:15: registries[0].host: expected a registry's host[:port], in which * stands for any text"},
      {"notifications: [{webhook: {url: x}, on: [Failed]}]\n",
       "c:3:42: notifications[0].on[0]: \"Failed\" is not known: expected one of RolloutFailed, RolloutCompleted, "
       "ApprovalNeeded, RolloutPaused"},
      {"tracing: {otlp: {url: collector}}\n", "c:3:18: tracing.otlp.url: expected a URL such as http://127.0.0.1:8080"},
      {"tracing: {otlp: {url: \"http://c\", headers: {Content-Length: \"1\"}}}\n",
       "c:3:45: tracing.otlp.headers.Content-Length: \"Content-Length\" is not a header that can be set here"},
      {"tracing: {}\n", "c:3:1: tracing.otlp: missing: the key otlp is required here"},
      {"audit: {keep: 59m}\n", "c:3:9: audit.keep: 59m is out of range: expected 1h to 87600h"},
      {"audit: {keep: 87601h}\n", "c:3:9: audit.keep: 87601h is out of range: expected 1h to 87600h"},
      {"audit: {kept: 1h}\n", "c:3:9: audit.kept: unknown key \"kept\"; known here: keep"},
      {"logs: {keep: 1s}\n", "c:3:8: logs.keep: 1s is out of range: expected 1m to 87600h"},
      {"logs: {maxEntry: 17Mi}\n", "c:3:8: logs.maxEntry: 17Mi is out of range: expected 1Ki to 16Mi"},
      {"notifications: [{webhook: {url: x, format: xml}, on: []}]\n",
       "c:3:36: notifications[0].webhook.format: \"xml\" is not known: expected one of json, slack"},
      {"log: {level: verbose}\n",
       "c:3:7: log.level: \"verbose\" is not known: expected one of debug, info, warning, error"},
      {"prometheus: {url: \"http://p:9090\", ca: /ca.pem}\n",
       "c:3:36: prometheus.ca: authorities are for https:// only: the url has no TLS"},
      {"log: loud\nprometheus: {}\n",
       "c:3:1: log: expected a mapping (key: value), found text\nc:4:1: prometheus.url: missing: the key url is "
       "required here"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(errors_of(text), expected) << text;
}

TEST(DaemonConfig, IsNoApplication) {
  EXPECT_EQ(to_string(config::parse_config("apiVersion: teal/v1\nkind: Application\n", "c", drivers::built_in_drivers())
                          .diagnostics),
            "c:2:1: kind: \"Application\" does not belong here: expected kind: DaemonConfig");
}

TEST(LoadConfig, SaysWhyAFileCannotBeRead) {
  const auto missing = config::load_config("/nonexistent/teald.yaml", drivers::built_in_drivers());
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::not_found);
  EXPECT_THAT(missing.error().message, HasSubstr("/nonexistent/teald.yaml: cannot be read: No such file"));
  const auto folder = config::load_config("/tmp", drivers::built_in_drivers());
  ASSERT_FALSE(folder.has_value());
  EXPECT_THAT(folder.error().message, HasSubstr("/tmp: is a folder"));
}

// It names programs that teald runs: whoever can write it has teald's rights.
TEST(LoadConfig, RefusesAFileThatOthersMayWrite) {
  const auto file = std::filesystem::path{testing::TempDir()} / "teal_config_mode" / "teald.yaml";
  std::filesystem::create_directory(file.parent_path());
  std::ofstream{file} << header;
  EXPECT_TRUE(config::load_config(file, drivers::built_in_drivers()).has_value());
  std::filesystem::permissions(file, std::filesystem::perms{0646});
  const auto refused = config::load_config(file, drivers::built_in_drivers());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::denied);
  EXPECT_THAT(refused.error().message, testing::StartsWith(file.string() + ": owner "));
  EXPECT_THAT(refused.error().message, testing::EndsWith("mode 0646: others can write it; chmod o-w " + file.string()));
  std::filesystem::remove_all(file.parent_path());
}

TEST(LoadConfig, NamesTheFileInEveryError) {
  const auto folder = std::filesystem::path{testing::TempDir()} / "teal_config_test";
  std::filesystem::create_directory(folder);
  const auto file = folder / "teald.yaml";
  std::ofstream{file} << header << "log: {level: x}\nx: 1\n";
  const auto wrong = config::load_config(file, drivers::built_in_drivers());
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().code, ErrorCode::invalid);
  EXPECT_THAT(wrong.error().message, HasSubstr(file.string() + ":3:7: log.level"));
  EXPECT_THAT(wrong.error().message, HasSubstr(file.string() + ":4:1: x: unknown key"));
  std::ofstream{file} << std::string(2 * 1024 * 1024, '#');
  EXPECT_THAT(config::load_config(file, drivers::built_in_drivers()).error().message,
              HasSubstr("at most 1048576 (1 MiB) are read"));
  std::ofstream{file} << header;
  EXPECT_TRUE(config::load_config(file, drivers::built_in_drivers()).has_value());
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace teal::test
