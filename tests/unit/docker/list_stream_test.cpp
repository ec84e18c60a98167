#include "daemon/drivers/engines/docker/list_stream.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace teal::test {
namespace {

using docker::Listed;
using docker::ListStream;
using testing::HasSubstr;

// What is handed on, by its id.
struct Reading {
  std::vector<std::string> ids;
  ListStream stream{[this](const Listed& one) { ids.push_back(one.id); }};
};

TEST(ListStream, ReadsTheSameWhereverTheTextIsCut) {
  const std::string text =
      R"( [{"Id":"a","Names":["/x]},{"],"Labels":{"k":"\"}\\"}} , {"Id":"b","Ports":[{"PublicPort":1}]},)"
      "\n{\"Id\":\"c\"}]\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Reading reading;
    for (std::size_t at = 0; at < text.size(); at += size)
      ASSERT_TRUE(reading.stream.feed(std::string_view{text}.substr(at, size))) << size;
    EXPECT_TRUE(reading.stream.finish()) << size;
    EXPECT_THAT(reading.ids, testing::ElementsAre("a", "b", "c")) << size;
  }
}

TEST(ListStream, AnEmptyListHasNobody) {
  Reading reading;
  ASSERT_TRUE(reading.stream.feed("[]\n"));
  EXPECT_TRUE(reading.stream.finish());
  EXPECT_THAT(reading.ids, testing::IsEmpty());
}

// A container that is missing from the list would pass for one that is gone.
TEST(ListStream, APartOfAListIsNone) {
  const std::string text = R"([{"Id":"a"},{"Id":"b"}])";
  for (std::size_t size = 0; size < text.size(); ++size) {
    Reading reading;
    (void)reading.stream.feed(std::string_view{text}.substr(0, size));
    const auto whole = reading.stream.finish();
    ASSERT_FALSE(whole) << size;
    EXPECT_EQ(whole.error().code, ErrorCode::unavailable);
    EXPECT_THAT(whole.error().message, HasSubstr("cut short"));
  }
}

TEST(ListStream, WhatIsNoListIsRefusedAtOnce) {
  for (const auto* text : {"{}", "null", "[1]", R"([{"Id":"a"}] more)", R"([{"Name":"a"}])", "[{\"Id\" \"a\"}]"}) {
    Reading reading;
    EXPECT_FALSE(reading.stream.feed(text)) << text;
    EXPECT_FALSE(reading.stream.feed("]")) << text;
    const auto whole = reading.stream.finish();
    ASSERT_FALSE(whole) << text;
    EXPECT_EQ(whole.error().code, ErrorCode::unavailable) << text;
  }
}

}  // namespace
}  // namespace teal::test
