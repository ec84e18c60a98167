// The schema for editors and the parser must say the same about a document.
#include <gmock/gmock.h>

#include "manifests/parse/parse_application.hpp"
#include "manifests/wire/application_schema.hpp"
#include "manifests/wire/json.hpp"
#include "tests/unit/manifests/json_schema.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;

const JsonSchema& schema() {
  static const JsonSchema loaded{test::read_source("manifests/schema/application.schema.json")};
  return loaded;
}

TEST(ApplicationSchema, AcceptsTheExamples) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml", "full.yaml"}) {
    EXPECT_TRUE(schema().accepts(wire::to_json(test::parsed(test::read_example(name))))) << name;
  }
}

TEST(ApplicationSchema, KnowsTheKeysThatTheReaderKnows) {
  yaml::Report report{"full.yaml"};
  ASSERT_TRUE(yaml::read_application(test::read_example("full.yaml"), report).has_value());
  auto keys = test::schema_keys(schema());
  for (const auto& [path, known] : report.known_keys()) {
    // Values of the user's own keys: {fromFile: …} below env and credentials.
    if (known.contains("fromFile")) {
      EXPECT_THAT(known, testing::ElementsAre("env", "fromEnv", "fromExec", "fromFile")) << path;
      continue;
    }
    EXPECT_EQ(keys[path], known) << path;
    keys.erase(path);
  }
  for (const auto& [path, unread] : keys) {
    if (unread.contains("fromFile")) continue;
    // The example's hooks leave out what its migration jobs show; both are read by the same function.
    const auto job = std::regex_replace(path, std::regex{R"(^spec\.hooks\.\w+\[\])"}, "spec.migration.jobs[]");
    EXPECT_NE(job, path) << "in the schema, never read: " << path;
    EXPECT_EQ(report.known_keys().at(job), unread) << path;
  }
}

// The schema takes any JSON as an expected value; the parser takes no control characters.
bool only_the_parser_can_know(const std::string& where) { return where.find("/expect/json/") != std::string::npos; }

TEST(ApplicationSchema, AgreesWithTheParserAboutEveryMutation) {
  const json::value document = wire::to_json(test::parsed(test::read_example("full.yaml")));
  std::size_t mutants = 0;
  std::size_t refused = 0;
  test::each_mutant(document, [&](const std::string& where, const json::value& mutant) {
    if (only_the_parser_can_know(where)) return;
    ++mutants;
    const auto parsed = yaml::parse_application(json::serialize(mutant), "mutant.json");
    refused += parsed.diagnostics.empty() ? 0 : 1;
    EXPECT_EQ(schema().accepts(mutant), parsed.diagnostics.empty()) << where << "\n" << to_string(parsed.diagnostics);
  });
  EXPECT_GT(mutants, 1000U);
  EXPECT_GT(refused, mutants / 2);
  EXPECT_LT(refused, mutants);
}

TEST(ApplicationSchema, TakesWhatIsThereToBeAliasedAtTheTopOnly) {
  json::value document = wire::to_json(test::parsed(test::read_example("minimal.yaml")));
  document.as_object()["x-defaults"] = {{"replicas", 2}};
  EXPECT_TRUE(schema().accepts(document));
  document.as_object()["spec"].as_object()["x-defaults"] = 1;
  EXPECT_FALSE(schema().accepts(document));
}

TEST(ApplicationSchema, IsWhatTheDescriptionsSay) {
  EXPECT_EQ(schema().root(), json::value(wire::application_schema()))
      << "write it anew: build/dev/bin/application_schema > manifests/schema/application.schema.json";
}

}  // namespace
}  // namespace teal::test
