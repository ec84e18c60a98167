#include "manifests/validate/validate.hpp"

#include <gmock/gmock.h>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::errors_of;
using test::replaced;
using testing::HasSubstr;

// What is spoiled stands on a line of its own, so that each case is one replacement in one place.
constexpr std::string_view valid = R"(apiVersion: teal/v1
kind: Application
metadata:
  name: shop
  labels: {team: sales}
spec:
  version: "1.0"
  image: registry.example/shop
  engine: local
  envFiles: [/etc/shop/env]
  env: {A: b}
  migration:
    timeout: 1m
    attempts: 3
    jobs:
      - name: schema
        command: [./migrate]
        credentials: {PASSWORD: {fromFile: /etc/shop/admin}}
  components:
    - name: api
      replicas: 2
      command: [./api]
      port: 8000
      health:
        path: /health
        interval: 1s
        successes: 2
        expect: {json: {/status: ok}}
      loadBalancer: {name: edge, backend: shop_api, drain: 1m}
      stop: {signal: SIGTERM, grace: 30s}
      resources: {memory: 512Mi, cpus: 1.5}
      mounts: [{source: /srv/x, target: /data}]
    - name: worker
  rollout:
    bake: 10s
    deadline: 30m
    analysis: [{name: errors, query: up, max: 1}]
    windows: [{days: [Mon], from: "01:00", to: "05:00", timezone: UTC}]
  upgradePolicy:
    train: 2
    acknowledged: "1.0"
    stops: ["0.9"]
  hooks:
    beforeCutover: [{name: smoke, command: [./smoke]}]
)";

struct Rule {
  std::string name;
  std::string from;
  std::string to;
  std::string expected;  // the whole of the errors' beginning: "line:column: path: …"
};

class Rules : public testing::TestWithParam<Rule> {};

TEST_P(Rules, AreNamedWithTheirPlace) {
  const auto errors = errors_of(replaced(std::string{valid}, GetParam().from, GetParam().to));
  EXPECT_THAT(errors, testing::StartsWith(GetParam().expected));
  EXPECT_EQ(errors.find('\n'), std::string::npos) << "one mistake, one error:\n" << errors;
}

const std::string name_rule = "expected a name of a-z, 0-9 and -, 1 to 63 characters, not at the ends";
const std::string path_rule = "expected an absolute path without \"..\"";
const std::string unit = "    - name: worker";

std::vector<Rule> names() {
  const auto unit_at = [](const std::string& what) { return "33:7: spec.components[1].name: " + what; };
  return {
      {"UpperCaseName", "name: shop", "name: Shop", "4:3: metadata.name: " + name_rule},
      {"NameWithDash", "name: shop", "name: -shop", "4:3: metadata.name: " + name_rule},
      {"NameWithDot", "name: shop", "name: a.b", "4:3: metadata.name: " + name_rule},
      {"NameWithNewline", "name: shop", "name: \"a\\nb\"", "4:3: metadata.name: " + name_rule},
      {"NameThatIsACommand", unit, "    - name: \"a; del server x/y\"", unit_at(name_rule)},
      {"EmptyUnitName", unit, "    - name: \"\"", unit_at(name_rule)},
      {"TwoComponentsOfOneName", unit, "    - name: api", unit_at("this name is taken by spec.components[0].name")},
      {"JobLikeAComponent", "- name: schema", "- name: worker",
       "16:9: spec.migration.jobs[0].name: this name is taken by spec.components[1].name"},
      {"HookLikeAJob", "{name: smoke,", "{name: schema,",
       "44:22: spec.hooks.beforeCutover[0].name: this name is taken by spec.migration.jobs[0].name"},
      {"NamesTooLongTogether", unit, "    - name: " + std::string(43, 'a'),
       unit_at("too long together with metadata.name (47 characters): expected at most 46 for both")},
      {"LabelKey", "{team: sales}", "{\"a b\": sales}", "5:12: metadata.labels[\"a b\"]: not a label's key"},
      {"LabelValue", "{team: sales}", "{team: \"a b\"}", "5:12: metadata.labels.team: not a label's value"},
      {"Engine", "engine: local", "engine: a/b", "9:3: spec.engine: " + name_rule},
      {"EmptyEngine", "engine: local", "engine: \"\"", "9:3: spec.engine: expected the name of an engine"},
  };
}

std::vector<Rule> images() {
  const std::string image = "8:3: spec.image: not an image: expected a lower-case repository";
  std::vector<Rule> rules{
      {"VersionWithSpace", "\"1.0\"\n  image", "\"1 0\"\n  image", "7:3: spec.version: expected an image tag"},
      {"VersionWithDash", "\"1.0\"\n  image", "\"-1\"\n  image", "7:3: spec.version: expected an image tag"},
      {"EmptyVersion", "\"1.0\"\n  image", "\"\"\n  image", "7:3: spec.version: expected an image tag"},
      {"VersionOfATemplate", "\"1.0\"\n  image", "\"${VERSION}\"\n  image",
       "7:3: spec.version: expected an image tag: letters, digits, _ . -, not . or - first, up to 128 characters; "
       "${…}, "
       "{{…}} and the like are not filled in here"},
      {"LongVersion", "\"1.0\"\n  image", "\"" + std::string(129, '1') + "\"\n  image",
       "7:3: spec.version: expected an image tag"},
      {"VersionWithoutOrder", "\"1.0\"\n  image", "latest\n  image",
       "7:3: spec.version: upgradePolicy compares versions, and this is none"},
  };
  int number = 0;
  for (const std::string wrong :
       {"Registry.example/Shop", "shop image", "shop;rm", "$(id)", "/shop", "shop/", "a//b", "shop:", "shop:a b",
        "shop@sha256:abc", "shop@md5:0", "http://x/y", "-shop", "sh..op", "x:99999/y", "\"\""}) {
    rules.push_back({"Image" + std::to_string(number++), "registry.example/shop",
                     wrong[0] == '"' ? wrong : "\"" + wrong + "\"", image});
  }
  return rules;
}

std::vector<Rule> values() {
  return {
      {"EnvFile", "[/etc/shop/env]", "[etc/env]", "10:14: spec.envFiles[0]: " + path_rule},
      {"EnvFileUp", "[/etc/shop/env]", "[/etc/../x]", "10:14: spec.envFiles[0]: " + path_rule},
      {"EnvName", "{A: b}", "{\"A=B\": b}", "11:9: spec.env[\"A=…\"]: not a variable's name"},
      {"EnvNameDigit", "{A: b}", "{1A: b}", "11:9: spec.env.1A: not a variable's name"},
      {"SourceFile", "{A: b}", "{A: {fromFile: x/y}}", "11:13: spec.env.A.fromFile: " + path_rule},
      {"SourceCredentialUp", "{A: b}", "{A: {fromFile: $CREDENTIALS_DIRECTORY/..}}",
       "11:13: spec.env.A.fromFile: " + path_rule + ", or the name of a systemd credential"},
      {"SourceVariable", "{A: b}", "{A: {fromEnv: \"a b\"}}",
       "11:13: spec.env.A.fromEnv: expected the name of an environment variable"},
      {"SourceCommand", "{A: b}", "{A: {fromExec: []}}", "11:13: spec.env.A.fromExec: expected a command"},
      {"ControlCharacter", "{A: b}", "{A: \"a\\0b\"}", "11:9: spec.env.A: control characters are not allowed"},
      {"EmptyProgram", "[./api]", "[\"\"]",
       "22:17: spec.components[0].command[0]: expected a program, found empty text"},
      {"NegativeReplicas", "replicas: 2", "replicas: -1",
       "21:7: spec.components[0].replicas: -1 is out of range: expected 0 to 100"},
      {"PortZero", "port: 8000", "port: 0", "23:7: spec.components[0].port: 0 is out of range: expected 1 to 65535"},
      {"PortTooLarge", "port: 8000", "port: 65536",
       "23:7: spec.components[0].port: 65536 is out of range: expected 1 to 65535"},
      {"HealthPath", "path: /health", "path: health",
       "25:9: spec.components[0].health.path: expected the path of a request"},
      {"HealthPathSpace", "path: /health", "path: /a b",
       "25:9: spec.components[0].health.path: expected the path of a request"},
      {"HealthPathSplit", "path: /health", "path: \"/a\\r\\nX: y\"",
       "25:9: spec.components[0].health.path: expected the path of a request"},
      {"HealthInterval", "interval: 1s", "interval: 0s",
       "26:9: spec.components[0].health.interval: 0s is out of range: expected 10ms to 720h"},
      {"HealthSuccesses", "successes: 2", "successes: 0",
       "27:9: spec.components[0].health.successes: 0 is out of range"},
      {"JsonPointer", "{/status: ok}", "{status: ok}",
       "28:25: spec.components[0].health.expect.json.status: not a JSON pointer"},
      {"StatusRange", "{json: {/status: ok}}", "{status: 300-200}",
       "28:18: spec.components[0].health.expect.status: \"300-200\" is not a range of HTTP statuses"},
      {"LoadBalancerName", "name: edge", "name: \"a;b\"",
       "29:22: spec.components[0].loadBalancer.name: expected 1 to 102 letters"},
      {"Backend", "shop_api", "\"a/b\"", "29:34: spec.components[0].loadBalancer.backend: expected 1 to 102 letters"},
      {"BackendNewline", "shop_api", "\"a\\nb\"",
       "29:34: spec.components[0].loadBalancer.backend: expected 1 to 102 letters"},
      {"Drain", "drain: 1m", "drain: 721h", "29:53: spec.components[0].loadBalancer.drain: 721h is out of range"},
      {"NegativeDrain", "drain: 1m", "drain: -1m",
       "29:53: spec.components[0].loadBalancer.drain: \"-1m\" is not a duration: it is negative"},
      {"Signal", "SIGTERM", "TERM", "30:14: spec.components[0].stop.signal: expected one of SIGTERM"},
      {"Memory", "512Mi", "1Mi", "31:19: spec.components[0].resources.memory: expected at least 6Mi"},
      {"Cpus", "cpus: 1.5", "cpus: 0", "31:34: spec.components[0].resources.cpus: expected 0.01 to 1024"},
      {"MountSource", "/srv/x", "srv", "32:17: spec.components[0].mounts[0].source: expected an absolute path"},
      {"MountUp", "/srv/x", "/srv/../etc", "32:17: spec.components[0].mounts[0].source: expected an absolute path"},
      {"MountColon", "target: /data", "target: \"/data:rw\"",
       "32:33: spec.components[0].mounts[0].target: expected an absolute path"},
      {"MountRoot", "target: /data", "target: /",
       "32:33: spec.components[0].mounts[0].target: expected an absolute path"},
      {"MountTwice", "target: /data}", "target: /data}, {source: /y, target: /data}",
       "32:62: spec.components[0].mounts[1].target: another mount has this target already"},
      {"SecretsMounted", "mounts: [{source: /srv/x, target: /data}]",
       "asFiles: true\n      mounts: [{source: /srv/x, target: /run/secrets}]",
       "33:33: spec.components[0].mounts[0].target: asFiles puts the secrets there"},
      {"BelowSecretsMounted", "mounts: [{source: /srv/x, target: /data}]",
       "asFiles: true\n      mounts: [{source: /srv/x, target: /run/secrets/ca.pem}]",
       "33:33: spec.components[0].mounts[0].target: asFiles puts the secrets there"},
  };
}

std::vector<Rule> relations() {
  return {
      {"Attempts", "attempts: 3", "attempts: 0", "14:5: spec.migration.attempts: 0 is out of range: expected 1 to 100"},
      {"MigrationTimeout", "timeout: 1m", "timeout: 0s", "13:5: spec.migration.timeout: 0s is out of range"},
      {"JobCommand", "[./migrate]", "[]", "17:9: spec.migration.jobs[0].command: expected a command"},
      {"ApplicationManaged", "timeout: 1m", "mode: ApplicationManaged",
       "15:5: spec.migration.jobs: with mode ApplicationManaged"},
      {"SameSource", "{A: b}", "{A: {fromFile: /etc/shop/admin}}",
       "11:9: spec.env.A: serving containers must not get a migration credential: this is read from the same place as "
       "spec.migration.jobs[0].credentials.PASSWORD"},
      {"MountedCredential", "/srv/x", "/etc/shop/",
       "32:17: spec.components[0].mounts[0].source: serving containers must not see a migration credential"},
      {"LoadBalancerWithoutPort", unit, unit + "\n      loadBalancer: {name: edge, backend: b}",
       "34:7: spec.components[1].loadBalancer: a load balancer needs a port"},
      {"Bake", "bake: 10s", "bake: 1000h", "35:5: spec.rollout.bake: 1000h is out of range: expected 0s to 720h"},
      {"Deadline", "deadline: 30m", "deadline: 1ms",
       "36:5: spec.rollout.deadline: 1ms is out of range: expected 1s to 720h"},
      {"AnalysisWithoutLimit", ", max: 1}", "}",
       "37:16: spec.rollout.analysis[0]: an analysis needs a limit: expected max, min or both"},
      {"AnalysisComparesTheSame", "max: 1}", "max: 1, compareToOld: true}",
       "37:50: spec.rollout.analysis[0].compareToOld: a comparison needs $revision or $version in the query, which "
       "would "
       "else be the same for both"},
      {"AnalysisLimits", "max: 1}", "max: 1, min: 2}", "37:50: spec.rollout.analysis[0].min: min is greater than max"},
      {"WindowClock", "\"01:00\"", "\"25:00\"", "38:29: spec.rollout.windows[0].from: \"25:00\" is not a time of day"},
      {"WindowLength", "\"05:00\"", "\"01:00\"", "38:44: spec.rollout.windows[0].to: the window has no length"},
      {"WindowDayTwice", "[Mon]", "[Mon, Mon]", "38:28: spec.rollout.windows[0].days[1]: this day is given twice"},
      {"TimeZone", "timezone: UTC", "timezone: Mars/Olympus",
       "38:57: spec.rollout.windows[0].timezone: \"Mars/Olympus\" is not a time zone"},
      {"TimeZonePath", "timezone: UTC", "timezone: ../../../etc/passwd",
       "38:57: spec.rollout.windows[0].timezone: \"../../../etc/passwd\" is not a time zone"},
      {"Train", "train: 2", "train: 0", "40:5: spec.upgradePolicy.train: 0 is out of range: expected 1 to 10"},
      {"Acknowledged", "acknowledged: \"1.0\"", "acknowledged: all",
       "41:5: spec.upgradePolicy.acknowledged: expected a version"},
      {"Stops", "[\"0.9\"]", "[next]", "42:13: spec.upgradePolicy.stops[0]: expected a version"},
      {"NoComponents",
       std::string{
           valid.substr(valid.find("    - name: api"), valid.find("  rollout:") - valid.find("    - name: api"))},
       "    []\n", "19:3: spec.components: expected at least one component"},
  };
}

const auto test_name = [](const auto& test_info) { return test_info.param.name; };
INSTANTIATE_TEST_SUITE_P(Names, Rules, testing::ValuesIn(names()), test_name);
INSTANTIATE_TEST_SUITE_P(Images, Rules, testing::ValuesIn(images()), test_name);
INSTANTIATE_TEST_SUITE_P(Values, Rules, testing::ValuesIn(values()), test_name);
INSTANTIATE_TEST_SUITE_P(Relations, Rules, testing::ValuesIn(relations()), test_name);

TEST(Validate, AcceptsWhatIsRight) {
  EXPECT_EQ(errors_of(valid), "");
  const std::vector<std::pair<std::string, std::string>> right{
      {"registry.example/shop", "shop"},
      {"registry.example/shop", "localhost:5000/a/b_c/d-e.f"},
      {"registry.example/shop", "REGISTRY.example:5000/shop:1.0-RC1"},
      {"registry.example/shop", "shop@sha256:" + std::string(64, 'a')},
      {"registry.example/shop", "025066246552.dkr.ecr.us-east-1.amazonaws.com/rustici-generator"},
      {"replicas: 2", "replicas: 0"},
      {"512Mi", "134217728"},
      {"timezone: UTC", "timezone: Europe/Berlin"},
      {"to: \"05:00\"", "to: \"24:00\""},
      {"{json: {/status: ok}}", "{status: 204}"},
      {"[./migrate]", "[./migrate, \"\", \"a\\nb\"]"},
      {"{A: b}", "{A: \"-----BEGIN\\nx\\n\", a.b-c: d}"},
      {unit, "    - name: " + std::string(42, 'a')},
  };
  for (const auto& [from, to] : right) EXPECT_EQ(errors_of(replaced(std::string{valid}, from, to)), "") << to;
}

TEST(Validate, SaysNothingAboutWhatFollowsFromAnotherError) {
  const auto errors = errors_of(replaced(std::string{valid}, "port: 8000", "port: http"));
  EXPECT_EQ(errors, "23:7: spec.components[0].port: expected a whole number, found text");
}

TEST(Validate, RefusesAPasswordThatIsWrittenOut) {
  const auto errors = errors_of(replaced(std::string{valid}, "        credentials: {",
                                         "        database: {host: h, name: n, application: {user: a, password: "
                                         "hunter2}, migration: {user: b, password: {fromEnv: P}}}\n"
                                         "        credentials: {"));
  EXPECT_THAT(
      errors,
      HasSubstr(
          "18:61: spec.migration.jobs[0].database.application.password: a password is not written into a manifest"));
  EXPECT_THAT(errors, testing::Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace teal::test
