#include "daemon/drivers/engines/docker/list_stream.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teal::test {
namespace {

using docker::Listed;
using docker::ListStream;
using testing::HasSubstr;

std::vector<std::string> ids_in(const Result<std::vector<Listed>>& all) {
  std::vector<std::string> ids;
  if (!all) return {all.error().message};
  for (const auto& one : *all) ids.push_back(one.id);
  return ids;
}

TEST(ListStream, ReadsTheSameWhereverTheTextIsCut) {
  const std::string text =
      R"( [{"Id":"a","Names":["/x]},{"],"Labels":{"k":"\"}\\"}} , {"Id":"b","Ports":[{"PublicPort":1}]},)"
      "\n{\"Id\":\"c\"}]\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    ListStream stream;
    for (std::size_t at = 0; at < text.size(); at += size)
      ASSERT_TRUE(stream.feed(std::string_view{text}.substr(at, size))) << size;
    EXPECT_THAT(ids_in(stream.finish()), testing::ElementsAre("a", "b", "c")) << size;
  }
}

TEST(ListStream, AnEmptyListHasNobody) {
  ListStream stream;
  ASSERT_TRUE(stream.feed("[]\n"));
  const auto all = stream.finish();
  ASSERT_TRUE(all);
  EXPECT_TRUE(all->empty());
}

// A container that is missing from the list would pass for one that is gone.
TEST(ListStream, APartOfAListIsNone) {
  const std::string text = R"([{"Id":"a"},{"Id":"b"}])";
  for (std::size_t size = 0; size < text.size(); ++size) {
    ListStream stream;
    (void)stream.feed(std::string_view{text}.substr(0, size));
    const auto all = stream.finish();
    ASSERT_FALSE(all) << size;
    EXPECT_EQ(all.error().code, ErrorCode::unavailable);
    EXPECT_THAT(all.error().message, HasSubstr("cut short"));
  }
}

TEST(ListStream, WhatIsNoListIsRefusedAtOnce) {
  for (const auto* text : {"{}", "null", "[1]", R"([{"Id":"a"}] more)", R"([{"Name":"a"}])", "[{\"Id\" \"a\"}]"}) {
    ListStream stream;
    EXPECT_FALSE(stream.feed(text)) << text;
    EXPECT_FALSE(stream.feed("]")) << text;
    const auto all = stream.finish();
    ASSERT_FALSE(all) << text;
    EXPECT_EQ(all.error().code, ErrorCode::unavailable) << text;
  }
}

}  // namespace
}  // namespace teal::test
