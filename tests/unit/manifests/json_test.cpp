#include "manifests/wire/json.hpp"

#include <gmock/gmock.h>

#include <array>
#include <boost/json/serialize.hpp>

#include "manifests/masking/mask_text.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::parsed;
using test::read_example;
using testing::HasSubstr;
using testing::Not;

TEST(Json, GivesTheSameApplicationBack) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml", "full.yaml"}) {
    const auto application = parsed(read_example(name));
    const auto text = boost::json::serialize(wire::to_json(application));
    EXPECT_EQ(parsed(text), application) << text;
  }
}

TEST(Json, GivesOddValuesBack) {
  auto application = parsed(read_example("full.yaml"));
  auto& spec = application.spec;
  spec.env["ODD"] = {spec::ValueSource::Kind::Literal, "a \"b\" \\ 'c' # é\n\ttab {x: [y]} *z &w", {}};
  spec.env["EMPTY"] = {spec::ValueSource::Kind::Literal, "", {}};
  spec.env["YES"] = {spec::ValueSource::Kind::Literal, "yes", {}};
  spec.components[0].health.expected_status = {204, 204};
  spec.components[0].health.expected_json = {
      {"", "{\"a\":[1,2.5E0,null,true,\"x\"]}"}, {"/n", "null"}, {"/t", "\"true\""}};
  spec.components[0].resources = {std::int64_t{6'291'457}, 0.125};
  spec.components[0].stop.grace = Duration{1'500};
  spec.rollout.analysis[0].max = 1e-9;
  spec.rollout.analysis[0].min = -3;
  spec.rollout.windows[0].to_minute = 24 * 60;
  spec.version = "1.10";
  const auto text = boost::json::serialize(wire::to_json(application));
  EXPECT_EQ(parsed(text), application) << text;
}

TEST(Json, HasTheShapeOfTheContract) {
  const auto json = wire::to_json(parsed(read_example("full.yaml")));
  EXPECT_EQ(json.at("apiVersion"), "teal/v1");
  EXPECT_EQ(json.at("kind"), "Application");
  EXPECT_EQ(json.at("metadata").at("name"), "generator");
  const auto& spec = json.at("spec").as_object();
  EXPECT_EQ(spec.at("migration").at("timeout"), "15m");
  EXPECT_EQ(spec.at("env").at("DB__USER").at("fromFile"), "/etc/generator/app_user");
  const auto& api = spec.at("components").at(0);
  EXPECT_EQ(api.at("resources").at("memory"), "512Mi");
  EXPECT_EQ(api.at("health").at("expect").at("status"), "200-299");
  EXPECT_EQ(api.at("loadBalancer").at("drain"), "1m");
  EXPECT_FALSE(spec.at("components").at(1).as_object().contains("port"));
}

TEST(PublicJson, ShowsNoSecretThatTheManifestHolds) {
  auto application = parsed(read_example("generator.yaml"));
  application.spec.migration.jobs[0].credentials["DB__PASSWORD"] = {spec::ValueSource::Kind::Literal, "hunter2", {}};
  application.spec.migration.jobs[0].command = {"./upgrade_schema.sh", "install", "postgres://admin:hunter2@db:5432/x"};
  application.spec.env["URL"] = {spec::ValueSource::Kind::Literal, "host=db password=hunter2 user=x", {}};
  const auto text = boost::json::serialize(wire::to_public_json(application));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("postgres://admin:***@db:5432/x"));
  EXPECT_THAT(text, HasSubstr("/etc/generator/migration_user"));
  EXPECT_THAT(boost::json::serialize(wire::to_json(application)), HasSubstr("hunter2"));
}

spec::ValueSource literal(const std::string& text) { return {spec::ValueSource::Kind::Literal, text, {}}; }

TEST(PublicJson, MasksLiteralsByTheirNames) {
  auto application = parsed(read_example("generator.yaml"));
  auto& spec = application.spec;
  spec.env["STRIPE_KEY"] = literal("hunter2");
  spec.env["MONKEY"] = literal("banana");
  spec.env["OPTIONS"] = literal("level=info key=hunter2");
  spec.env["DB_PASSWORD_FILE"] = literal("/run/secrets/x");
  spec.env["FROM_PROGRAM"] = {spec::ValueSource::Kind::Exec, "", {"/bin/vault", "read", "hunter2"}};
  spec.components[0].env["session-secret"] = literal("hunter2");
  spec.components[0].command = {"serve", "--api-key", "hunter2", "--level", "info", "--no-auth", "--quiet"};
  spec.components[0].health.path = "/health?key=hunter2";
  spec::Job hook;
  hook.name = "tell";
  hook.command = {"sh", "-c", "PGPASSWORD=hunter2 psql"};
  hook.credentials = {{"ANYTHING", literal("hunter2")}, {"DB_USER", literal("migrator")}};
  spec.hooks.on_rollback = {hook};
  const auto shown = wire::to_public_json(application);
  EXPECT_THAT(boost::json::serialize(shown), Not(HasSubstr("hunter2")));
  const auto& env = shown.at("spec").at("env");
  EXPECT_EQ(env.at("STRIPE_KEY"), "***");
  EXPECT_EQ(env.at("MONKEY"), "banana");
  EXPECT_EQ(env.at("OPTIONS"), "level=info key=***");
  EXPECT_EQ(env.at("DB_PASSWORD_FILE"), "/run/secrets/x");
  EXPECT_EQ(boost::json::serialize(env.at("FROM_PROGRAM")), R"({"fromExec":["/bin/vault","***"]})");
  const auto& component = shown.at("spec").at("components").at(0);
  EXPECT_EQ(boost::json::serialize(component.at("command")),
            R"(["serve","--api-key","***","--level","info","--no-auth","--quiet"])");
  const auto& credentials = shown.at("spec").at("hooks").at("onRollback").at(0).at("credentials");
  EXPECT_EQ(credentials.at("ANYTHING"), "***");
  EXPECT_EQ(credentials.at("DB_USER"), "migrator");
  EXPECT_THAT(boost::json::serialize(wire::to_json(application)), HasSubstr("hunter2"));  // the store keeps the truth
  EXPECT_THAT(
      wire::secrets_written_in(application),
      testing::ElementsAre("spec.env.OPTIONS", "spec.env.STRIPE_KEY", "spec.components[0].command[2]",
                           "spec.components[0].env.session-secret", "spec.components[0].health.path",
                           "spec.hooks.onRollback[0].command[2]", "spec.hooks.onRollback[0].credentials.ANYTHING"));
}

TEST(PublicJson, ShowsNumbersOfTokensAndAddresses) {
  auto application = parsed(read_example("generator.yaml"));
  application.spec.env["MAX_TOKENS"] = literal("4096");
  application.spec.env["API_TOKENS"] = literal("hunter2,hunter3");
  application.spec.env["TOKEN_URL"] = literal("https://id.example.com/token");
  application.spec.env["AUTH_URL"] = literal("https://shop:hunter2@id.example.com");
  const auto shown = wire::to_public_json(application);
  const auto& env = shown.at("spec").at("env");
  EXPECT_EQ(env.at("MAX_TOKENS"), "4096");
  EXPECT_EQ(env.at("API_TOKENS"), "***");
  EXPECT_EQ(env.at("TOKEN_URL"), "https://id.example.com/token");
  EXPECT_EQ(env.at("AUTH_URL"), "https://shop:***@id.example.com");
}

TEST(PublicJson, RecognisesEveryMaskThatItMakes) {
  auto application = parsed(read_example("generator.yaml"));
  const auto masked_at = [&] {
    boost::json::value document = wire::to_json(application);
    return wire::mask_document(document);
  };
  EXPECT_EQ(masked_at(), "");
  auto& spec = application.spec;
  spec.env["API_KEY"] = literal("a***b");  // a real one, stars and all
  spec.env["BANNER"] = literal("*** welcome ***");
  EXPECT_EQ(masked_at(), "");
  const auto forms = std::to_array<std::pair<const char*, const char*>>(
      {{"SHOP_TOKEN", "hunter2"},
       {"URL", "postgres://u:p@h/d"},
       {"DSN_OF", "host=h password='p q' user=u"},
       {"ADO", "Server=db;Password=a b;Timeout=3"},
       {"TLS", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"},
       {"SETTINGS", "password: |\n  hunter2\n"},
       {"ITEMS", R"({"name":"DB_PASSWORD","value":"hunter2"})"},
       {"XML", R"(<add key="Password" value="hunter2"/>)"},
       {"GITHUB", "uses ghp_16C7e42F292c6912E7710c838347Ae"},
       {"CALL", "curl -u shop:hunter2 http://h"},
       {"JSON", R"({"password": "p"})"},
       {"ARGUMENTS", "run --token abc"}});
  for (const auto& [name, text] : forms) {
    spec.env[name] = literal(text);
    EXPECT_EQ(masked_at(), "") << name;
    const auto shown = wire::to_public_json(application);
    spec.env[name] = literal(std::string{shown.at("spec").at("env").at(name).as_string()});
    EXPECT_EQ(masked_at(), std::string{"spec.env."} + name) << spec.env[name].text;
    spec.env.erase(name);
  }
  spec.env["PROGRAM"] = {spec::ValueSource::Kind::Exec, "", {"/bin/vault", "***"}};
  EXPECT_EQ(masked_at(), "spec.env.PROGRAM.fromExec[1]");
}

TEST(Advice, NamesThePlaceOfEachSecretThatIsWrittenInAManifest) {
  const auto text = test::replaced(read_example("generator.yaml"), "    DB__HOST: 127.0.0.1",
                                   "    API_KEY: hunter2\n    MONKEY: banana\n    DB__HOST: 127.0.0.1");
  const auto result = yaml::parse_application(text, "shop.yaml");
  ASSERT_TRUE(result.application);
  ASSERT_EQ(result.advice.size(), 1U);
  EXPECT_THAT(to_string(result.advice[0]), HasSubstr("shop.yaml:14:5: spec.env.API_KEY: "));
  EXPECT_THAT(result.advice[0].message, HasSubstr("{fromFile: …}"));
  EXPECT_THAT(yaml::parse_application(read_example("generator.yaml"), "shop.yaml").advice, testing::IsEmpty());
}

TEST(PublicJson, MasksPasswordsInConnectionStrings) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"postgres://u:p@h/d", "postgres://u:***@h/d"},
      {"postgres://u:p@ss@h/d", "postgres://u:***@h/d"},
      {"a postgres://u:p@h b redis://:x@y", "a postgres://u:***@h b redis://:***@y"},
      {"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
      {"http://h:80/a@b", "http://h:80/a@b"},
      {"host=h password=p user=u", "host=h password=*** user=u"},
      {"password='p q' user=u", "password=*** user=u"},
      {"postgres://h/d?user=u&password=p&x=y", "postgres://h/d?user=u&password=***&x=y"},
      {"password=", "password=***"},
      {"nothing", "nothing"}};
  for (const auto& [text, expected] : cases) EXPECT_EQ(masking::mask_connection_strings(text), expected);
}

}  // namespace
}  // namespace teal::test
