#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "manifests/foundation/ages.hpp"
#include "cli/presentation/document.hpp"
#include "cli/presentation/table.hpp"
#include "cli/presentation/tree.hpp"

namespace teal::cli {
namespace {

using namespace std::chrono_literals;

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
