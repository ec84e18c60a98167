#include "daemon/drivers/secrets/env_file.hpp"

#include <gmock/gmock.h>

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

std::optional<masking::Secret> nothing(const std::string&) { return std::nullopt; }

std::optional<masking::Secret> own(const std::string& name) {
  if (name == "HOME") return masking::Secret{"/root"};
  if (name == "EMPTY") return masking::Secret{""};
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> parsed(std::string_view text) {
  const auto result = secrets::parse_env_file(text, "/etc/app/.env", own);
  EXPECT_TRUE(result.has_value()) << result.error().message;
  std::vector<std::pair<std::string, std::string>> variables;
  if (!result) return variables;
  for (const auto& [name, value] : *result) variables.emplace_back(name, value.reveal());
  return variables;
}

std::string refused(std::string_view text) {
  const auto result = secrets::parse_env_file(text, "/etc/app/.env", nothing);
  EXPECT_TRUE(result.has_error());
  if (!result.has_error()) return {};
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  return result.error().message;
}

TEST(EnvFile, TakesValuesAsTheyStand) {
  EXPECT_THAT(parsed("A=1\nB=\"quoted\"\nC='x' # no comment\nD=a=b=c\nE=$A ${B}\nF=\nG=  both sides  \n"),
              ElementsAre(Pair("A", "1"), Pair("B", "\"quoted\""), Pair("C", "'x' # no comment"), Pair("D", "a=b=c"),
                          Pair("E", "$A ${B}"), Pair("F", ""), Pair("G", "  both sides  ")));
}

TEST(EnvFile, LeavesOutCommentsAndEmptyLines) {
  EXPECT_THAT(parsed("# A=1\n\n   \n\t# B=2\n#\n  C=3\n"), ElementsAre(Pair("C", "3")));
  EXPECT_THAT(parsed(""), IsEmpty());
  EXPECT_THAT(parsed("\n\r\n"), IsEmpty());
}

TEST(EnvFile, SkipsWhiteSpaceBeforeANameOnly) {
  EXPECT_THAT(parsed(" \t\v\fA=1 \n\xC2\xA0\xE3\x80\x80"
                     "B= 2"),
              ElementsAre(Pair("A", "1 "), Pair("B", " 2")));
  EXPECT_EQ(refused("A =1\n"), "/etc/app/.env:1: the variable name holds white space (expected NAME=value)");
}

TEST(EnvFile, EndsLinesWithOrWithoutCarriageReturn) {
  EXPECT_THAT(parsed("A=1\r\nB=2\r\r\nC=3\rx"), ElementsAre(Pair("A", "1"), Pair("B", "2\r"), Pair("C", "3\rx")));
}

TEST(EnvFile, IgnoresByteOrderMarksBeforeNames) {
  EXPECT_THAT(parsed("\xEF\xBB\xBF"
                     "A=1\n"),
              ElementsAre(Pair("A", "1")));
  // Two files of Windows that were joined.
  EXPECT_THAT(parsed("\xEF\xBB\xBF"
                     "A=1\r\n\xEF\xBB\xBF"
                     "B=\xEF\xBB\xBF"
                     "2\r\n"),
              ElementsAre(Pair("A", "1"), Pair("B",
                                               "\xEF\xBB\xBF"
                                               "2")));
}

TEST(EnvFile, SaysThatItIsUtf16) {
  const std::string_view with_mark{
      "\xFF\xFE"
      "A\0=\0"
      "1\0\r\0\n\0",
      12};
  const std::string_view without{
      "\0A\0=\0"
      "1\0\n",
      8};
  for (const auto text : {with_mark, with_mark.substr(2), without}) {
    EXPECT_EQ(refused(text), "/etc/app/.env: is in UTF-16, as Windows writes it: save it as UTF-8");
  }
}

TEST(EnvFile, SaysWhatAShellsExportIsInstead) {
  EXPECT_EQ(refused("A=1\nexport B=hunter2\n"),
            "/etc/app/.env:2: export is the shell's: write NAME=value without it, and the value without quotes");
  EXPECT_THAT(parsed("export=1\n"), ElementsAre(Pair("export", "1")));
}

TEST(EnvFile, BareNamesTakeOwnVariablesAndAreLeftOutWithout) {
  EXPECT_THAT(parsed("HOME\nNOT_SET\nEMPTY\r\n"), ElementsAre(Pair("HOME", "/root"), Pair("EMPTY", "")));
  EXPECT_THAT(parsed("NOT_SET=1\nNOT_SET\n"), ElementsAre(Pair("NOT_SET", "1")));
}

TEST(EnvFile, OfAFileThatOthersOwnABareNameIsRefused) {
  const auto result = secrets::parse_env_file("A=1\nHOME\n", "/srv/app/.env", {});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message, HasSubstr("/srv/app/.env:2: a name without \"=\" takes teald's own variable"));
}

TEST(EnvFile, ALaterLineWinsInTheEarlierPlace) {
  EXPECT_THAT(parsed("A=1\nB=2\nA=3\n"), ElementsAre(Pair("A", "3"), Pair("B", "2")));
}

TEST(EnvFile, NamesTheLineOfAnErrorAndNeverItsText) {
  EXPECT_EQ(refused("A=1\n\n=hunter2\n"), "/etc/app/.env:3: there is no variable name before the \"=\"");
  EXPECT_THAT(refused("my secret hunter2\n"), Not(HasSubstr("hunter2")));
  EXPECT_EQ(refused(std::string_view{"A=1\nB=hun\0ter2\n", 15}), "/etc/app/.env:2: the line holds a NUL byte");
  for (const auto* text : {"A=\xFF", "A=\xC3", "A=\xE0\x80\x80", "A=\xED\xA0\x80", "A=\xF4\x90\x80\x80", "\x80=1"}) {
    EXPECT_EQ(refused(text), "/etc/app/.env:1: the line is not valid UTF-8");
  }
}

TEST(EnvFile, RefusesALineThatDockerRefuses) {
  const auto line = "A=" + std::string((64 << 10) - 3, 'x');
  EXPECT_EQ(parsed(line).size(), 1U);
  EXPECT_EQ(refused("B=1\n" + line + "x"), "/etc/app/.env:2: the line is longer than 64 KiB");
}

}  // namespace
}  // namespace teal::test
