#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "cli/presentation/ages.hpp"
#include "cli/presentation/document.hpp"
#include "cli/presentation/table.hpp"
#include "cli/presentation/tree.hpp"
#include "cli/presentation/yaml.hpp"

namespace teal::cli {
namespace {

using namespace std::chrono_literals;

std::string yaml_of(std::string_view json) { return to_yaml(boost::json::parse(json)); }

TEST(Table, AlignsColumnsAndShowsNothingAsADash) {
  Table table{{"NAME", "PHASE"}};
  table.add({{"shop"}, {"Healthy", Style::Good}});
  table.add({{"größer"}, {}});
  table.add({{"x"}});
  EXPECT_EQ(table.render({}), "NAME     PHASE\nshop     Healthy\ngrößer   -\nx        -\n");
}

TEST(Table, NeutralisesWhatItShows) {
  Table table{{"MESSAGE"}};
  table.add({{"a\nb\x1b[2J"}});
  EXPECT_EQ(table.render({}), "MESSAGE\na b\\x1b[2J\n");
}

TEST(Tree, DrawsBranchesAndNotes) {
  const Branch root{"shop", {"note"}, {{"a", {"of a"}, {{"a1", {}, {}}}}, {"b", {"of b"}, {}}}};
  EXPECT_EQ(render_tree(root, {}), "shop\n│  note\n├─ a\n│  │  of a\n│  └─ a1\n└─ b\n      of b\n");
  EXPECT_EQ(render_tree(root, {.unicode = false}), "shop\n|  note\n|- a\n|  |  of a\n|  `- a1\n`- b\n      of b\n");
}

TEST(Ages, AreWhatPeopleSay) {
  EXPECT_EQ(human_duration(0ms), "0s");
  EXPECT_EQ(human_duration(-5s), "0s");
  EXPECT_EQ(human_duration(850ms), "850ms");
  EXPECT_EQ(human_duration(2150ms), "2.1s");
  EXPECT_EQ(human_duration(59999ms), "59s");
  EXPECT_EQ(human_duration(192s), "3m12s");
  EXPECT_EQ(human_duration(180s), "3m");
  EXPECT_EQ(human_duration(7500s), "2h5m");
  EXPECT_EQ(human_duration(99h), "4d3h");
  const Time now{1000s};
  EXPECT_EQ(age(Time{988s}, now), "12s");
  EXPECT_EQ(age(Time{2000s}, now), "0s") << "clocks differ";
  EXPECT_EQ(age(std::nullopt, now), "");
  EXPECT_EQ(span(Time{990s}, std::nullopt, now), "10s");
  EXPECT_EQ(span(Time{990s}, Time{991s}, now), "1.0s");
}

TEST(Yaml, WritesNestedMapsAndLists) {
  EXPECT_EQ(yaml_of(R"({"a":{"b":[1,{"c":2,"d":[[3],[]]}],"e":{}},"f":null})"),
            "a:\n"
            "  b:\n"
            "    - 1\n"
            "    - c: 2\n"
            "      d:\n"
            "        - - 3\n"
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
    EXPECT_EQ(to_yaml(value), '"' + text + "\"\n");
  }
  EXPECT_EQ(yaml_of(R"({"true":"registry.example/x","a b":"one two"})"),
            "\"true\": registry.example/x\n\"a b\": \"one two\"\n");
}

TEST(Yaml, EscapesControlCharactersAndKeepsUnicode) {
  EXPECT_EQ(yaml_of(R"("a\nb\"c\\\u001b[2J")"), "\"a\\nb\\\"c\\\\\\u001b[2J\"\n");
  EXPECT_EQ(yaml_of("\"1 → ü\""), "\"1 → ü\"\n");
  EXPECT_EQ(yaml_of("\"\xc2\x9b \xe2\x80\xae \xf3\xa0\x80\x81\""), "\"\\u009b \\u202e \\U000e0001\"\n");
}

TEST(Yaml, WritesNumbersThatYaml11ReadsAsNumbers) {
  EXPECT_EQ(yaml_of("[1e20,-3,18446744073709551615,true]"), "- 1.0E+20\n- -3\n- 18446744073709551615\n- true\n");
}

TEST(Document, IndentsJsonAndEscapesWhatATerminalWouldActOn) {
  const auto value = boost::json::parse("{\"a\":[1,{}],\"b\":\"\\u001b[31m \xc2\x9b\",\"c\":{\"d\":[]}}");
  const auto text = render_document(value, Format::Json);
  EXPECT_EQ(
      text,
      "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": \"\\u001b[31m \\u009b\",\n  \"c\": {\n    \"d\": []\n  }\n}\n");
  EXPECT_EQ(boost::json::parse(text), value) << "nothing is lost";
}

}  // namespace
}  // namespace teal::cli
