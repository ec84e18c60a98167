// The schema for editors and the parser must say the same about a document.
#include <gmock/gmock.h>

#include "manifests/json.hpp"
#include "manifests/names.hpp"
#include "manifests/parse/parse_application.hpp"
#include "tests/unit/manifests/json_schema.hpp"
#include "tests/unit/manifests/manifest_text.hpp"

namespace teal {
namespace {

using test::JsonSchema;
namespace json = boost::json;

const JsonSchema& schema() {
  static const JsonSchema loaded{test::read_source("manifests/schema/application.schema.json")};
  return loaded;
}

TEST(ApplicationSchema, AcceptsTheExamples) {
  for (const std::string name : {"minimal.yaml", "sample.yaml", "generator.yaml", "full.yaml"}) {
    EXPECT_TRUE(schema().accepts(to_json(test::parsed(test::read_example(name))))) << name;
  }
}

TEST(ApplicationSchema, KnowsTheKeysThatTheReaderKnows) {
  yaml::Report report{"full.yaml"};
  ASSERT_TRUE(read_application(test::read_example("full.yaml"), report).has_value());
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
  const json::value document = to_json(test::parsed(test::read_example("full.yaml")));
  std::size_t mutants = 0;
  std::size_t refused = 0;
  test::each_mutant(document, [&](const std::string& where, const json::value& mutant) {
    if (only_the_parser_can_know(where)) return;
    ++mutants;
    const auto parsed = parse_application(json::serialize(mutant), "mutant.json");
    refused += parsed.diagnostics.empty() ? 0 : 1;
    EXPECT_EQ(schema().accepts(mutant), parsed.diagnostics.empty()) << where << "\n" << to_string(parsed.diagnostics);
  });
  EXPECT_GT(mutants, 1000U);
  EXPECT_GT(refused, mutants / 2);
  EXPECT_LT(refused, mutants);
}

template <class E>
void expect_words(const std::string& pointer) {
  std::vector<std::string> words;
  for (const auto& name : names_of(E{})) words.emplace_back(name.text);
  std::vector<std::string> listed;
  for (const auto& word : schema().root().at_pointer(pointer).as_array()) listed.emplace_back(word.as_string());
  EXPECT_EQ(listed, words) << pointer;
}

TEST(ApplicationSchema, ListsTheSameWords) {
  expect_words<PullPolicy>("/properties/spec/properties/pullPolicy/enum");
  expect_words<JobPhase>("/$defs/job/properties/phase/enum");
  expect_words<MigrationMode>("/$defs/migration/properties/mode/enum");
  expect_words<Replace>("/$defs/component/properties/replace/enum");
  expect_words<Strategy>("/$defs/rollout/properties/strategy/enum");
  expect_words<Approval>("/$defs/rollout/properties/approval/enum");
  expect_words<OnFailure>("/$defs/rollout/properties/onFailure/enum");
  expect_words<OnNoData>("/$defs/rollout/properties/analysis/items/properties/onNoData/enum");
  expect_words<Weekday>("/$defs/rollout/properties/windows/items/properties/days/items/enum");
  expect_words<OutsideTrain>("/$defs/upgradePolicy/properties/outsideTrain/enum");
  expect_words<Hops>("/$defs/upgradePolicy/properties/hops/enum");
}

}  // namespace
}  // namespace teal
