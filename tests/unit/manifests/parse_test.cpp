#include "manifests/parse/parse.hpp"

#include <gmock/gmock.h>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using test::errors_of;
using test::parsed;
using test::read_example;
using test::replaced;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view small = R"(apiVersion: teal/v1
kind: Application
metadata:
  name: shop
spec:
  version: "1.0"
  image: registry.example/shop
  components:
    - name: api
      port: 8000
)";

TEST(ParseApplication, FillsInEveryDefault) {
  const auto application = parsed(small);
  spec::Application expected;
  expected.name = "shop";
  expected.spec.version = "1.0";
  expected.spec.image = "registry.example/shop";
  expected.spec.components.resize(1);
  expected.spec.components[0].name = "api";
  expected.spec.components[0].port = 8000;
  EXPECT_EQ(application, expected);
  EXPECT_EQ(application.spec.components[0].health.path, "/api/v1/health/check_up");
  EXPECT_EQ(application.spec.migration.timeout, 15min);
  EXPECT_EQ(application.spec.rollout.bake, 30s);
}

TEST(ParseApplication, ReadsEveryKeyOfTheContract) {
  const auto application = parsed(read_example("full.yaml"));
  EXPECT_EQ(application.labels.at("example.org/stage"), "production");
  const auto& spec = application.spec;
  EXPECT_EQ(spec.engine, "local");
  EXPECT_EQ(spec.env_files, std::vector<std::string>{"/etc/generator/.env"});
  EXPECT_EQ(spec.env.at("DB__HOST"), (spec::ValueSource{spec::ValueSource::Kind::Literal, "127.0.0.1", {}}));
  EXPECT_EQ(spec.env.at("DB__USER"), (spec::ValueSource{spec::ValueSource::Kind::File, "/etc/generator/app_user", {}}));
  EXPECT_EQ(spec.env.at("DB__PASSWORD"),
            (spec::ValueSource{spec::ValueSource::Kind::Environment, "GENERATOR_APP_PASSWORD", {}}));
  const auto& license = spec.env.at("LICENSE");
  EXPECT_EQ(license.command, (std::vector<std::string>{"/usr/local/bin/license", "--print"}));
  EXPECT_EQ(license.env.at("LICENSE_SERVER"),
            (spec::ValueSource{spec::ValueSource::Kind::Literal, "https://licenses.example", {}}));
  EXPECT_EQ(license.env.at("TOKEN"),
            (spec::ValueSource{spec::ValueSource::Kind::File, "/etc/generator/license_token", {}}));
  ASSERT_EQ(spec.migration.jobs.size(), 2U);
  EXPECT_EQ(spec.migration.jobs[0].command, (std::vector<std::string>{"./upgrade_schema.sh", "upgrade"}));
  EXPECT_EQ(spec.migration.jobs[0].credentials.at("DB__USER").text, "/etc/generator/migration_user");
  ASSERT_TRUE(spec.migration.jobs[0].database.has_value());
  EXPECT_EQ(spec.migration.jobs[0].database->migration.password.text, "/etc/generator/migration_password");
  EXPECT_EQ(spec.migration.jobs[1].phase, spec::JobPhase::AfterCutover);
  const auto& api = spec.components.at(0);
  EXPECT_EQ(api.replicas, 2);
  EXPECT_TRUE(api.secrets_as_files);
  EXPECT_EQ(api.health.expected_json.at("/status"), "\"ok\"");
  EXPECT_EQ(api.health.expected_json.at("/database/connections"), "1");
  EXPECT_EQ(api.health.headers.at("Host"),
            (spec::ValueSource{spec::ValueSource::Kind::Literal, "generator.example.com", {}}));
  EXPECT_EQ(api.health.headers.at("Authorization"),
            (spec::ValueSource{spec::ValueSource::Kind::File, "/etc/generator/health_token", {}}));
  EXPECT_EQ(api.load_balancer->backend, "generator_api");
  EXPECT_EQ(api.resources.memory_bytes, 512 * 1024 * 1024);
  EXPECT_EQ(api.resources.cpus, 1.5);
  EXPECT_EQ(api.mounts.at(0), (spec::Mount{"/srv/x", "/data", true}));
  EXPECT_EQ(api.security, (spec::Security{"1000:1000", true, true, {"ALL"}, {"NET_BIND_SERVICE"}, 500}));
  EXPECT_EQ(spec.migration.jobs[1].security.user, "nobody");
  EXPECT_EQ(spec.hooks.before_cutover.at(0).security.pids, 100);
  EXPECT_EQ(spec.components.at(1).replace, spec::Replace::StopFirst);
  EXPECT_EQ(spec.components.at(1).stop.grace, 620s);
  EXPECT_EQ(spec.rollout.analysis.at(0).max, 0.01);
  EXPECT_EQ(spec.rollout.windows.at(0).days.size(), 4U);
  EXPECT_EQ(spec.rollout.windows.at(0).from_minute, 60);
  EXPECT_EQ(spec.rollout.windows.at(0).to_minute, 300);
  EXPECT_EQ(spec.upgrade_policy.train, 2);
  EXPECT_EQ(spec.upgrade_policy.acknowledged, "2025.3");
  EXPECT_EQ(spec.upgrade_policy.stops, std::vector<std::string>{"2025.1.9"});
  EXPECT_EQ(spec.hooks.before_migration.at(0).name, "backup");
  EXPECT_FALSE(spec.hooks.on_rollback.at(0).required);
}

TEST(ParseApplication, ReadsEveryExample) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml", "full.yaml"}) {
    EXPECT_EQ(errors_of(read_example(name)), "") << name;
  }
}

TEST(ParseApplication, KeepsAVersionAsItIsWritten) {
  for (const std::string version : {"1.10", "2025.10", "010", "1e3", "0x10", "\"1.10\"", "v2"}) {
    const auto application = parsed(replaced(std::string{small}, "\"1.0\"", version));
    EXPECT_EQ(application.spec.version, version == "\"1.10\"" ? "1.10" : version);
  }
}

TEST(ParseApplication, AcceptsJson) {
  const auto application =
      parsed(R"({"apiVersion":"teal/v1","kind":"Application","metadata":{"name":"shop"},)"
             R"("spec":{"version":"1.0","image":"registry.example\/shop","components":[{"name":"api","port":8000}]}})");
  EXPECT_EQ(application, parsed(small));
}

TEST(ParseApplication, AcceptsAByteOrderMarkAndWindowsLineEnds) {
  std::string windows = "\xEF\xBB\xBF";
  for (const char c : small) windows += c == '\n' ? std::string{"\r\n"} : std::string{c};
  EXPECT_EQ(parsed(windows), parsed(small));
  EXPECT_EQ(errors_of(replaced(windows, "8000", "x")),
            "10:7: spec.components[0].port: expected a whole number, found text");
}

TEST(ParseApplication, NamesAllErrorsAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(errors_of(R"(apiVersion: teal/v2
kind: Application
metadata:
  name: Shop
spec:
  version: "1.0"
  components:
    - name: api
      prot: 8000
      replicas: 101
      health: {pth: /x}
    - replicas: two
  rollout:
    strategy: bluegreen
  x: 1
)"),
            "1:1: apiVersion: \"teal/v2\" is not supported: expected teal/v1\n"
            "4:3: metadata.name: expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends (RFC 1123)\n"
            "5:1: spec.image: missing: the key image is required here\n"
            "9:7: spec.components[0].prot: unknown key \"prot\"; did you mean port?\n"
            "10:7: spec.components[0].replicas: 101 is out of range: expected 0 to 100\n"
            "11:7: spec.components[0].health: a health check needs a port to ask: give the component a port\n"
            "11:16: spec.components[0].health.pth: unknown key \"pth\"; did you mean path?\n"
            "12:7: spec.components[1].name: missing: the key name is required here\n"
            "12:7: spec.components[1].replicas: expected a whole number, found text\n"
            "14:5: spec.rollout.strategy: \"bluegreen\" is not known: expected one of BlueGreen, Recreate; did you "
            "mean BlueGreen?\n"
            "15:3: spec.x: unknown key \"x\"; known here: version, image, pullPolicy, engine, envFiles, env, "
            "migration, components, "
            "rollout, upgradePolicy, hooks, restartOnChange, suspend, adopt");
}

TEST(ParseApplication, CountsColumnsInCharacters) {
  EXPECT_EQ(errors_of(replaced(std::string{small}, "name: shop", "{labels: {é: ü}, nam: x}")).substr(0, 4), "3:1:");
  const auto errors = errors_of("{\"é\": 1, bad: 2, apiVersion: teal/v1, kind: Application}");
  EXPECT_THAT(errors, HasSubstr("1:10: bad: unknown key"));
}

struct WrongType {
  std::string from;
  std::string to;
  std::string expected;
};

class WrongTypes : public testing::TestWithParam<WrongType> {};

TEST_P(WrongTypes, AreNamedWithPlaceAndPath) {
  const auto& wrong = GetParam();
  EXPECT_EQ(errors_of(replaced(std::string{small}, wrong.from, wrong.to)), wrong.expected);
}

INSTANTIATE_TEST_SUITE_P(
    ParseApplication, WrongTypes,
    testing::Values(
        WrongType{"port: 8000", "port: 010",
                  "10:7: spec.components[0].port: expected a whole number in plain digits (no leading zero, fraction "
                  "or other base), "
                  "found \"010\""},
        WrongType{"port: 8000", "port: \"8000\"",
                  "10:7: spec.components[0].port: expected a whole number without quotes, found text"},
        WrongType{"port: 8000", "port: 99999999999", "10:7: spec.components[0].port: this number is too large"},
        WrongType{"port: 8000", "port: [1]", "10:7: spec.components[0].port: expected a whole number, found a list"},
        WrongType{
            "port: 8000", "port:",
            "10:7: spec.components[0].port: expected a whole number, found nothing: give it a value or remove the key"},
        WrongType{
            "port: 8000", "command: [sleep, 5]",
            "10:24: spec.components[0].command[1]: expected text, but YAML reads this as a number: put it in quotes"},
        WrongType{
            "port: 8000", "env: {A: yes}",
            "10:13: spec.components[0].env.A: expected text, but YAML reads this as a truth value: put it in quotes"},
        WrongType{"port: 8000", "env: {A: [b]}",
                  "10:13: spec.components[0].env.A: expected text, or one of {fromFile: …}, {fromEnv: …}, {fromExec: "
                  "[…]}, found a list"},
        WrongType{"port: 8000", "env: {A: {fromFile: /a, fromEnv: B}}",
                  "10:13: spec.components[0].env.A: expected exactly one of fromFile, fromEnv and fromExec"},
        WrongType{"port: 8000", "asFiles: on",
                  "10:7: spec.components[0].asFiles: expected true or false, found \"on\": only these two words are "
                  "truth values here"},
        WrongType{"port: 8000", "asFiles: \"true\"",
                  "10:7: spec.components[0].asFiles: expected true or false, found text"},
        WrongType{"port: 8000", "stop: SIGTERM",
                  "10:7: spec.components[0].stop: expected a mapping (key: value), found text"},
        WrongType{"port: 8000", "stop: {grace: 30}",
                  "10:14: spec.components[0].stop.grace: \"30\" is not a duration: a number with a unit (ms, s, m, h) "
                  "is missing; "
                  "expected text like 500ms, 2s, 15m or 1h30m"},
        WrongType{"port: 8000", "resources: {memory: 512m}",
                  "10:19: spec.components[0].resources.memory: \"512m\" is not an amount of memory: expected text like "
                  "512Mi, 1G or plain "
                  "bytes"},
        WrongType{"port: 8000", "resources: {cpus: many}",
                  "10:19: spec.components[0].resources.cpus: expected a number, found text"},
        WrongType{"port: 8000", "mounts: {}", "10:7: spec.components[0].mounts: expected a list, found a mapping"},
        WrongType{"port: 8000", "mounts: [x]",
                  "10:16: spec.components[0].mounts[0]: expected a mapping (key: value), found text"},
        WrongType{"    - name: api\n      port: 8000", "    -",
                  "9:5: spec.components[0]: expected a mapping (key: value), found nothing: give it a value or remove "
                  "the key"},
        WrongType{"name: shop", "name: 5",
                  "4:3: metadata.name: expected text, but YAML reads this as a number: put it in quotes"},
        WrongType{"kind: Application", "kind: Deployment",
                  "2:1: kind: \"Deployment\" does not belong here: expected kind: Application"},
        WrongType{"\"1.0\"", "[1]", "6:3: spec.version: expected text, found a list"}));

TEST(ParseApplication, NeverShowsWhatMayBeASecret) {
  for (const std::string value : {"12345678", "yes", "[hunter2]", "\"hunter2\\u0001\""}) {
    const auto errors = errors_of(replaced(std::string{small}, "port: 8000", "env: {DB__PASSWORD: " + value + "}"));
    EXPECT_THAT(errors, HasSubstr("env.DB__PASSWORD"));
    EXPECT_THAT(errors, testing::Not(HasSubstr("12345678")));
    EXPECT_THAT(errors, testing::Not(HasSubstr("hunter2")));
  }
}

TEST(ParseApplication, AdvisesOnReferencesThatComposeWouldReplace) {
  const auto text =
      std::string{small} +
      "      env: {URL: \"http://${HOST:-localhost}/\", FORMAT: \"$time ${} ${1} $${\", DB: {fromEnv: DB}}\n"
      "  env: {REGION: \"${REGION}\"}\n";
  const auto result = yaml::parse_application(text, "shop.yaml");
  ASSERT_TRUE(result.application) << errors_of(text);
  ASSERT_EQ(result.advice.size(), 2U);
  EXPECT_THAT(to_string(result.advice[0]), StartsWith("shop.yaml:11:13: spec.components[0].env.URL: "));
  EXPECT_THAT(to_string(result.advice[1]), StartsWith("shop.yaml:12:9: spec.env.REGION: ${…} is not replaced"));
}

TEST(ParseApplication, SaysWhenTheDocumentIsNoMapping) {
  EXPECT_THAT(errors_of("hello"),
              StartsWith("1:1: expected a document with apiVersion: teal/v1 and kind: Application, found text"));
  EXPECT_THAT(errors_of("- a\n"), HasSubstr("found a list"));
}

}  // namespace
}  // namespace teal::test
