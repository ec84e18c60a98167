// Files that no friend of ours wrote: each must end in bounded time with a clear error that has a place.
#include <gmock/gmock.h>

#include <chrono>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using test::errors_of;
using testing::HasSubstr;
using testing::StartsWith;

std::string repeated(std::string_view text, std::size_t size) {
  std::string result;
  while (result.size() < size) result += text;
  return result;
}

struct Hostile {
  std::string name;
  std::string text;
  std::string error;  // the beginning of all errors
};

class HostileText : public testing::TestWithParam<Hostile> {};

TEST_P(HostileText, IsRefusedWithItsPlace) { EXPECT_THAT(errors_of(GetParam().text), StartsWith(GetParam().error)); }

std::vector<Hostile> hostile_texts() {
  using namespace std::string_literals;
  return {
      {"Empty", "", "1:1: the file is empty"},
      {"OnlyComments", "# nothing\n", "1:1: the file is empty"},
      {"TooLarge", repeated("# long\n", 1024 * 1024 + 1),
       "1:1: the file has 1048579 bytes; at most 1048576 (1 MiB) are read"},
      {"Nul", "a: b\nc: \0d\n"s, "2:4: control character 0x00"},
      {"Binary",
       "\x7F"
       "ELF\x02\x01",
       "1:1: control character 0x7f"},
      {"Escape", "a: \x1B[31m\n", "1:4: control character 0x1b"},
      {"LoneCarriageReturn", "a: 1\rb: 2\n", "1:5: control character 0x0d"},
      {"InvalidUtf8", "a: \xC3(\n", "1:4: byte 0xc3 is not valid UTF-8"},
      {"OverlongUtf8", "a: \xC0\xAF\n", "1:4: byte 0xc0 is not valid UTF-8"},
      {"Surrogate", "a: \xED\xA0\x80\n", "1:4: byte 0xed is not valid UTF-8"},
      {"Utf16",
       "\xFF\xFE"
       "a\0:\0"s,
       "1:1: the file is in UTF-16, as Windows writes it: save it as UTF-8"},
      {"Utf16WithoutAMark", "a\0:\0 \0b\0"s, "1:1: the file is in UTF-16"},
      {"Utf16BigEndian", "\0a\0:\0 \0b"s, "1:1: the file is in UTF-16"},
      {"MergeConflict", "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> theirs\n",
       "2:1: a conflict of a merge that was not resolved"},
      {"MergeConflictsEnd", "a: 1\nb: 2\n>>>>>>> theirs\n", "3:1: a conflict of a merge that was not resolved"},
      {"UnterminatedQuote", "kind: Application\na: \"b\n", "2:4: this quote is never closed"},
      {"UnterminatedSingleQuote", "kind: Application\na: 'it''s\n", "2:4: this quote is never closed"},
      {"UnterminatedEscapedQuote", "a: \"b\\\"\n", "1:4: this quote is never closed"},
      {"UnterminatedTaggedQuote", "a: !!str \"b\n", "1:4: this quote is never closed"},
      {"UnterminatedAtTheVeryEnd", "a: \"b", "1:6: the file ends inside a quoted text"},
      {"UnclosedList", "a: [b, c\n", "2:1: a \"[\" is never closed"},
      {"Tab", "a:\n\tb: 1\n", "2:1: a tab in the indentation: indent with spaces"},
      {"TabAfterSpaces", "a:\n  b: 1\n  \tc: 2\n", "3:3: a tab in the indentation: indent with spaces"},
      {"TabBeforeAnItem", "a:\n\t- b\n", "2:1: a tab in the indentation: indent with spaces"},
      {"UnknownAlias", "a: *x\n", "1:4: an alias (*name) whose anchor (&name) is not defined above it"},
      {"AnchorBelowItsAlias", "a: *x\nb: &x 1\n", "1:4: an alias (*name) whose anchor (&name) is not defined"},
      {"AliasesTooDeep",
       "a: &x " + repeated("[", 33) + repeated("]", 33) + "\nb: " + repeated("[", 32) + "*x" + repeated("]", 32) + "\n",
       "2:36: nested deeper than 64 levels"},
      {"ManyDocuments", repeated("---\n", 100'000), "17:1: a second document begins here"},
      {"AThirdDocument", "a: 1\n---\n---\nb: 1\n", "3:1: a second document begins here"},
      {"DeepList", repeated("[", 100'000), "1:33: nested deeper than 64 levels"},
      {"DeepMapping", repeated("{a: ", 100'000), "1:253: nested deeper than 64 levels"},
      {"DeepBlocks", repeated("- ", 100'000), "1:129: nested deeper than 64 levels"},
      {"TooManyValues", "[" + repeated("a,", 500'000) + "a]", "1:100002: more than 50000 values in one file"},
  };
}

INSTANTIATE_TEST_SUITE_P(ParseApplication, HostileText, testing::ValuesIn(hostile_texts()),
                         [](const auto& test_info) { return test_info.param.name; });

struct Refused {
  std::string text;
  std::string error;  // one of the lines
};

TEST(HostileText, NamesWhatIsRefusedInsideADocument) {
  const std::vector<Refused> cases{
      {"kind: Application\napiVersion: teal/v1\nkind: Application\n", "3:1: kind: the key \"kind\" is given twice"},
      {"spec: {env: {A: x, A: y}}\n", "1:20: spec.env.A: the key \"A\" is given twice"},
      {"spec:\n  env: {PASSWORD: &hunter2 }\n", "2:19: spec.env.PASSWORD: an anchor (&name) has no value"},
      {"spec: &x {env: {A: *x}}\n", "1:20: spec.env.A: an alias (*name) refers to a value that contains it"},
      {"spec:\n  <<: 1\n", "2:7: spec: a merge key (<<) takes a mapping or a list of mappings, such as <<: *name"},
      {"spec:\n  <<: [{a: 1}, b]\n", "2:16: spec: a merge key (<<) takes a mapping or a list of mappings"},
      {"spec:\n  <<: {a: 1}\n  <<: {b: 1}\n",
       "3:3: spec[\"<<\"]: the key \"<<\" is given twice: merge a list, <<: [*a, *b]"},
      {"spec: !evil {a: 1}\n", "1:7: spec: a tag is not supported: remove it"},
      {"spec: !!python/object:os.system x\n", "a tag is not supported: remove it"},
      {"a: 1\n---\nb: 2\n", "2:1: a second document begins here"},
      {"spec:\n  ? [a]\n  : b\n", "a key must be a word"},
      {"spec: {version: {{ version }}}\n",
       "1:18: spec.version[\"\"]: a key must be a word, not a list, a mapping or nothing: is "
       "{{ … }} a template that was not filled in?"},
      {"spec:\n  components:\n    - name: a\n    -\n\n    # - no item\n    - name: b\n",
       "4:5: spec.components[1]: expected a mapping"},
  };
  for (const auto& [text, error] : cases) {
    const auto errors = errors_of(text);
    EXPECT_THAT(errors, HasSubstr(error)) << text;
  }
}

// a0 is ten of `first`; each of the lines that follow means the one before it three times, by `open` … `close`.
std::string bomb_of(const std::string& first, const std::string& open, const std::string& close) {
  std::string bomb = "a0: &a0 " + first + "\n";
  for (int i = 1; i < 40; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " " + open + before + ", ";
    bomb += (open == "[" ? before + ", " : "b: " + before + ", c: ") + before + close + "\n";
  }
  return bomb;
}

TEST(HostileText, AliasBombsAreRefusedAtOnce) {
  using namespace std::chrono_literals;
  const std::string list = "[x, x, x, x, x, x, x, x, x, x]";
  const std::vector<Refused> bombs{
      {bomb_of(list, "[", "]"), "8:20: the aliases (*name) up to here come to more than 50000 values or 1048576 bytes"},
      {bomb_of(list, "{a: ", "}"), ": the aliases (*name) up to here come to more than 50000 values or 1048576 bytes"},
      {bomb_of("\"" + repeated("x", 60'000) + "\"", "[", "]"), "3:5: the aliases (*name) up to here come to more"},
      {bomb_of("{" + repeated("x", 900) + ": " + repeated("y", 60'000) + "}", "{<<: ", "}"),
       "the aliases (*name) up to here come to more"},
      {"a: " + repeated("&x [", 60) + repeated("x, ", 90'000) + repeated("]", 60) + "\n",
       "the aliases (*name) up to here come to more"},
  };
  for (const auto& [bomb, error] : bombs) {
    const auto start = std::chrono::steady_clock::now();
    const auto parsed = yaml::parse_application(bomb, "bomb.yaml");
    EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
    EXPECT_FALSE(parsed.application.has_value());
    ASSERT_EQ(parsed.diagnostics.size(), 1U) << to_string(parsed.diagnostics);
    EXPECT_THAT(to_string(parsed.diagnostics), HasSubstr(error));
  }
}

TEST(HostileText, TakesBoundedTimeWhateverItHolds) {
  constexpr std::size_t size = 1024 * 1024 - 16;
  const auto start = std::chrono::steady_clock::now();
  for (const std::string unit : {"[",   "{",   "- ", "? ",  "&a ", "*a ",  "!a ", "\"",  "'",         "a: b\n",
                                 ": ",  "x",   "\n", " ",   "a ",  "[]",   "#\n", "-\n", "--- ",      "---\n",
                                 "?\n", "[? ", ",",  "é: ", "{? ", "<<: ", "a\n", "| ",  "%TAG a b\n"}) {
    const auto parsed = yaml::parse_application(repeated(unit, size), "hostile.yaml");
    EXPECT_FALSE(parsed.diagnostics.empty()) << unit;
    EXPECT_LE(parsed.diagnostics.size(), 101U) << unit;
  }
  // About a second each at most without optimisation; the point is that none of them takes minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{60});
}

TEST(HostileText, SurvivesBeingCutOffOrSpoiledAnywhere) {
  const auto text = test::read_example("full.yaml");
  for (std::size_t i = 0; i < text.size(); i += 7) {
    (void)yaml::parse_application(std::string_view{text}.substr(0, i), "cut.yaml");
    auto spoiled = text;
    spoiled[i] = "\"{[:-&*\0\xFF"[i % 9];
    const auto parsed = yaml::parse_application(spoiled, "spoiled.yaml");
    EXPECT_EQ(parsed.application.has_value(), parsed.diagnostics.empty());
  }
}

}  // namespace
}  // namespace teal::test
