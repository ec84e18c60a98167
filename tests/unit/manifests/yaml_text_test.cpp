#include "manifests/parse/yaml_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace teal::test {
namespace {

std::string yaml_of(std::string_view json) { return yaml::yaml_text(boost::json::parse(json)); }

TEST(Yaml, WritesNestedMapsAndLists) {
  EXPECT_EQ(yaml_of(R"({"a":{"b":[1,{"c":2,"d":[[3],[]]}],"e":{}},"f":null})"),
            "a:\n"
            "  b:\n"
            "    - 1\n"
            "    - c: 2\n"
            "      d:\n"
            "        -\n"
            "          - 3\n"
            "        - []\n"
            "  e: {}\n"
            "f: null\n");
  EXPECT_EQ(yaml_of("[]"), "[]\n");
  EXPECT_EQ(yaml_of("\"x\""), "x\n");
}

TEST(Yaml, QuotesWhateverCouldBeReadAsSomethingElse) {
  for (const std::string text :
       {"",     "true",     "No", "null", "~",  "12", "1.5",   "0x1f", "1e3",        ".5", "- a", "a: b",
        "a #b", "# c",      " a", "a ",   "*a", "&a", "!t",    "%x",   "@a",         "`a", "[a]", "{a}",
        "a,b",  "2025.2.1", "y",  "OFF",  "|",  ">",  "12:30", "=",    "2026-01-01", "?a", "---", "'a'"}) {
    boost::json::value value = boost::json::string_view{text};
    EXPECT_EQ(yaml::yaml_text(value), '"' + text + "\"\n");
  }
  EXPECT_EQ(yaml_of(R"({"true":"registry.example/x","a b":"one two"})"),
            "\"true\": registry.example/x\n\"a b\": \"one two\"\n");
}

TEST(Yaml, EscapesControlCharactersAndKeepsUnicode) {
  EXPECT_EQ(yaml_of(R"("a\nb\"c\\\u001b[2J")"), "\"a\\nb\\\"c\\\\\\x1b[2J\"\n");
  EXPECT_EQ(yaml_of("\"1 → ü\""), "\"1 → ü\"\n");
  EXPECT_EQ(yaml_of("\"\xc2\x9b \xe2\x80\xae \xf3\xa0\x80\x81\""), "\"\\x9b \\u202e \\U000e0001\"\n");
}

TEST(Yaml, WritesNumbersThatYaml11ReadsAsNumbers) {
  EXPECT_EQ(yaml_of("[1e20,-3,18446744073709551615,true]"), "- 1.0E+20\n- -3\n- 18446744073709551615\n- true\n");
  EXPECT_EQ(yaml_of("[1.5,0.25,-2.0,0.0001]"), "- 1.5\n- 0.25\n- -2.0\n- 0.0001\n") << "as people write it";
}

}  // namespace
}  // namespace teal::test
