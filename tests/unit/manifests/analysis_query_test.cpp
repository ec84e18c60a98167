#include "manifests/spec/analysis_query.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

std::string filled(std::string_view query) { return spec::fill_placeholders(query, 7, "2025.1.9", "shop"); }

TEST(AnalysisQuery, FillsInItsPlaceholdersWhereverTheyStand) {
  EXPECT_EQ(filled("a{server=~\"teal-$application-api-r$revision-.*\",version=\"$version\"}"),
            "a{server=~\"teal-shop-api-r7-.*\",version=\"2025.1.9\"}");
  EXPECT_EQ(filled("$revision$version"), "72025.1.9");
  EXPECT_EQ(filled("$revision"), "7");
}

TEST(AnalysisQuery, LeavesEveryOtherDollarAlone) {
  for (const auto* query : {"a{b=~\"x$\"}", "$revisions", "$Version", "$", "$$", "$ version", "${version}", ""}) {
    EXPECT_EQ(filled(query), query);
  }
}

TEST(AnalysisQuery, TellsRevisionsApartOnlyWithThemInIt) {
  EXPECT_TRUE(spec::tells_revisions_apart("a{r=\"$revision\"}"));
  EXPECT_TRUE(spec::tells_revisions_apart("a{r=\"$version\"}"));
  EXPECT_FALSE(spec::tells_revisions_apart("a{r=\"$application\"}"));
  EXPECT_FALSE(spec::tells_revisions_apart("a"));
}

}  // namespace
}  // namespace teal::test
