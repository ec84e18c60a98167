// The schema of tokens.yaml for editors and the parser must say the same about a document.
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

#include "daemon/access/tokens_file.hpp"
#include "tests/unit/manifests/json_schema.hpp"

namespace teal::access {
namespace {

namespace json = boost::json;

const test::JsonSchema& schema() {
  static const test::JsonSchema loaded{[] {
    std::ifstream stream{std::string{TEAL_SOURCE_DIR} + "/manifests/schema/tokens.schema.json"};
    EXPECT_TRUE(stream.good());
    return std::string{std::istreambuf_iterator<char>{stream}, {}};
  }()};
  return loaded;
}

json::value document() {
  return {{"apiVersion", "teal/v1"},
          {"kind", "Tokens"},
          {"tokens",
           {{{"name", "ci.build"},
             {"role", "operator"},
             {"sha256", std::string(64, 'a')},
             {"applications", {"shop", "generator-*"}},
             {"expires", "2027-01-01T00:00:00Z"}},
            {{"name", "ops"}, {"role", "admin"}, {"sha256", std::string(64, 'b')}}}}};
}

TEST(TokensSchema, AgreesWithTheParserAboutEveryMutation) {
  ASSERT_TRUE(schema().accepts(document()));
  ASSERT_TRUE(parse_tokens(json::serialize(document()), "tokens.json"));
  std::size_t mutants = 0;
  test::each_mutant(document(), [&](const std::string& where, const json::value& mutant) {
    ++mutants;
    const auto parsed = parse_tokens(json::serialize(mutant), "mutant.json");
    EXPECT_EQ(schema().accepts(mutant), parsed.has_value()) << where << "\n" << (parsed ? "" : parsed.error().message);
  });
  EXPECT_GT(mutants, 50U);
}

}  // namespace
}  // namespace teal::access
