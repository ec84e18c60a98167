#include "daemon/api/label_selector.hpp"

#include <gtest/gtest.h>

namespace teal::test {
namespace {

using api::Labels;
using api::LabelSelector;

bool selects(const std::string& text, const Labels& labels) {
  const auto selector = LabelSelector::parse(text);
  EXPECT_TRUE(selector) << text << ": " << (selector ? "" : selector.error().message);
  return selector && selector->matches(labels);
}

TEST(LabelSelector, SelectsAsKubernetesDoes) {
  const Labels labels{{"team", "learning"}, {"tier", "web"}, {"example.com/rank", "7"}, {"empty", ""}};
  for (const auto* text : {"",
                           "  ",
                           "team=learning",
                           "team==learning",
                           "team = learning",
                           "team!=sales",
                           "other!=x",
                           "team",
                           "!other",
                           "tier in (web,worker)",
                           "tier in ( worker , web )",
                           "tier notin (db)",
                           "other notin (a)",
                           "empty=",
                           "empty",
                           "empty in (,a)",
                           "example.com/rank>6",
                           "example.com/rank<8",
                           "team=learning,tier=web",
                           "!other,tier in (web)"}) {
    EXPECT_TRUE(selects(text, labels)) << text;
  }
  for (const auto* text : {"team=sales", "team!=learning", "other", "!team", "other=x", "tier in (db)",
                           "tier notin (web,db)", "other in (a)", "example.com/rank>7", "example.com/rank<7", "team>1",
                           "other<1", "team=learning,tier=db", "team="}) {
    EXPECT_FALSE(selects(text, labels)) << text;
  }
}

TEST(LabelSelector, WordsThatAreOperatorsCanBeKeysToo) {
  EXPECT_TRUE(selects("in in (in)", {{"in", "in"}}));
  EXPECT_TRUE(selects("notin", {{"notin", "x"}}));
}

TEST(LabelSelector, RefusesWhatIsNone) {
  for (const auto* text : {"=a", "a=b,", ",a=b", "a in", "a in (b", "a in b", "a=b c=d", "a=(b)", "!a=b", "a b", "-a",
                           "a=-b", "a>b", "a>", "a in (b c)", "!", "a/b/c", "a==b=c", "(a)"}) {
    const auto selector = LabelSelector::parse(text);
    ASSERT_FALSE(selector) << text;
    EXPECT_EQ(selector.error().code, ErrorCode::invalid);
    EXPECT_NE(selector.error().message.find(text), std::string::npos) << "says what was asked";
  }
}

}  // namespace
}  // namespace teal::test
