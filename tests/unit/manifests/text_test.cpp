// Bytes from outside, made fit for JSON and for terminals.
#include "manifests/foundation/text.hpp"

#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <random>

#include "manifests/foundation/parse_time.hpp"
#include "manifests/spec/quantity.hpp"
#include "manifests/spec/version.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::test {
namespace {

std::string any_bytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Utf8, OnlyWhatIsNoneIsReplaced) {
  EXPECT_EQ(valid_utf8("aé€😀\n"), "aé€😀\n");
  EXPECT_EQ(valid_utf8("a\xff\xc3"), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(valid_utf8("\xe2\x82"
                       "a"),
            "\uFFFD\uFFFDa");
  EXPECT_FALSE(is_utf8("\xc0\xaf"));      // overlong
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));  // a surrogate
  EXPECT_FALSE(is_utf8("\xf4\x90\x80\x80"));
  EXPECT_TRUE(is_utf8("\xf4\x8f\xbf\xbf"));
  for (std::size_t at = 0; at < 40; ++at) {  // wherever it stands
    std::string text(40, 'a');
    EXPECT_TRUE(is_utf8(text));
    text[at] = '\xff';
    EXPECT_FALSE(is_utf8(text)) << at;
  }
}

TEST(Utf8, PrintableSteersNothingAndIsPrintableAlready) {
  EXPECT_EQ(printable("é \x1b[31m\xff\n\xc2\x9b\xe2\x80\xae\\"), "é \\x1b[31m\\xff\\x0a\\x9b\\u202e\\");
  std::mt19937 random{7};
  for (int i = 0; i < 500; ++i) {
    const auto once = printable(any_bytes(random, 40));
    EXPECT_TRUE(is_utf8(once));
    EXPECT_EQ(printable(once), once);
  }
}

TEST(Utf8, IsCutBetweenCharacters) {
  EXPECT_EQ(first_bytes("ab€c", 5), "ab€");
  for (const std::size_t most : {2, 3, 4}) EXPECT_EQ(first_bytes("ab€c", most), "ab") << most;
  EXPECT_EQ(last_bytes("ab€c", 4), "€c");
  for (const std::size_t most : {1, 2, 3}) EXPECT_EQ(last_bytes("ab€c", most), "c") << most;
  EXPECT_EQ(first_bytes("€", 9), "€");
  EXPECT_EQ(last_bytes("€", 0), "");
  const std::string no_text(100, '\x80');  // stays, nearly whole
  EXPECT_GE(first_bytes(no_text, 50).size(), 47U);
  EXPECT_GE(last_bytes(no_text, 50).size(), 47U);
}

TEST(Utf8, WritesEachCharacterThatThereIs) {
  for (const auto* text : {"a", "é", "€", "😀"}) {
    std::string_view rest = text;
    EXPECT_EQ(text_of_character(take_character(rest).point), text);
    EXPECT_TRUE(rest.empty());
  }
  for (const std::uint32_t none : {0xd800U, 0xdfffU, 0x110000U}) EXPECT_EQ(text_of_character(none), "\uFFFD");
}

TEST(Utf8, PathsThatDifferStayDifferent) {
  EXPECT_EQ(printable_path("/m/a\xff.yaml"), "/m/a\\xff.yaml");
  EXPECT_EQ(printable_path("/m/a\\xff.yaml"), "/m/a\\\\xff.yaml");
  EXPECT_EQ(printable_path("/m/größe.yaml"), "/m/größe.yaml");
}

TEST(JsonText, CanAlwaysBeReadBack) {
  std::mt19937 random{8};
  for (int i = 0; i < 200; ++i) {
    boost::json::object object{{any_bytes(random, 8), any_bytes(random, 40)}};
    boost::system::error_code error;
    (void)boost::json::parse(wire::json_text(object), error);
    EXPECT_FALSE(error) << error.message();
  }
  EXPECT_EQ(wire::json_text(boost::json::object{{"é", "€"}}), R"({"é":"€"})");
}

// Cut at a count of bytes, so perhaps within a character.
TEST(Utf8, WhatIsQuotedInAnErrorIsWhole) {
  for (const std::string before : {"", "a", "ab"}) {
    const auto text = before + "€€€€€€€€€€€€€€€€€€€€€€€€€€€€€€";
    EXPECT_TRUE(is_utf8(parse_duration(text).error().message));
    EXPECT_TRUE(is_utf8(spec::parse_memory(text).error().message));
    EXPECT_TRUE(is_utf8(parse_time(text).error().message));
  }
}

}  // namespace
}  // namespace teal::test
