#include "manifests/json.hpp"

#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal {
namespace {

using test::parsed;
using test::read_example;
using testing::HasSubstr;
using testing::Not;

TEST(Json, GivesTheSameApplicationBack) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml", "full.yaml"}) {
    const auto application = parsed(read_example(name));
    const auto text = boost::json::serialize(to_json(application));
    EXPECT_EQ(parsed(text), application) << text;
  }
}

TEST(Json, GivesOddValuesBack) {
  auto application = parsed(read_example("full.yaml"));
  auto& spec = application.spec;
  spec.env["ODD"] = {ValueSource::Kind::Literal, "a \"b\" \\ 'c' # é\n\ttab {x: [y]} *z &w", {}};
  spec.env["EMPTY"] = {ValueSource::Kind::Literal, "", {}};
  spec.env["YES"] = {ValueSource::Kind::Literal, "yes", {}};
  spec.components[0].health.expected_status = {204, 204};
  spec.components[0].health.expected_json = {
      {"", "{\"a\":[1,2.5E0,null,true,\"x\"]}"}, {"/n", "null"}, {"/t", "\"true\""}};
  spec.components[0].resources = {std::int64_t{6'291'457}, 0.125};
  spec.components[0].stop.grace = Duration{1'500};
  spec.rollout.analysis[0].max = 1e-9;
  spec.rollout.analysis[0].min = -3;
  spec.rollout.windows[0].to_minute = 24 * 60;
  spec.version = "1.10";
  const auto text = boost::json::serialize(to_json(application));
  EXPECT_EQ(parsed(text), application) << text;
}

TEST(Json, HasTheShapeOfTheContract) {
  const auto json = to_json(parsed(read_example("full.yaml")));
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
  application.spec.migration.jobs[0].credentials["DB__PASSWORD"] = {ValueSource::Kind::Literal, "hunter2", {}};
  application.spec.migration.jobs[0].command = {"./upgrade_schema.sh", "install", "postgres://admin:hunter2@db:5432/x"};
  application.spec.env["URL"] = {ValueSource::Kind::Literal, "host=db password=hunter2 user=x", {}};
  const auto text = boost::json::serialize(to_public_json(application));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, HasSubstr("postgres://admin:***@db:5432/x"));
  EXPECT_THAT(text, HasSubstr("/etc/generator/migration_user"));
  EXPECT_THAT(boost::json::serialize(to_json(application)), HasSubstr("hunter2"));
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
  for (const auto& [text, expected] : cases) EXPECT_EQ(mask_connection_strings(text), expected);
}

}  // namespace
}  // namespace teal
