#include "cli/presentation/screen.hpp"

#include <gtest/gtest.h>

namespace teal::cli {
namespace {

const Screen plain{};
const Screen ascii{.unicode = false};
const Screen colored{.terminal = true, .color = true};

TEST(Screen, ShowsTerminalEscapesAsText) {
  EXPECT_EQ(plain.text("a\x1b[31mred\x1b]0;title\x07"), "a\\x1b[31mred\\x1b]0;title\\x07");
  EXPECT_EQ(plain.text("\x7f\x01\b"), "\\x7f\\x01\\x08");
  EXPECT_EQ(plain.text("\xc2\x9b"
                       "31m"),
            "\\x9b31m")
      << "the one-character form of ESC [";
  EXPECT_EQ(plain.lines("a\x1b[2Jb\n"), "a\\x1b[2Jb\n");
}

TEST(Screen, ShowsInvisibleAndDirectionCharactersAsCodes) {
  EXPECT_EQ(plain.text("a\u202egpj\u200b"), "a\\u202egpj\\u200b");
  EXPECT_EQ(plain.text("\xef\xbb\xbfx"), "\\ufeffx");
  EXPECT_EQ(plain.text(std::string_view{"a\0b", 3}), "a\\x00b");
}

TEST(Screen, ShowsBrokenUtf8ByteByByte) {
  EXPECT_EQ(plain.text("\xff"), "\\xff");
  EXPECT_EQ(plain.text("\xe2\x82"), "\\xe2\\x82") << "cut short";
  EXPECT_EQ(plain.text("\xc0\xaf"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(plain.text("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(plain.text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "beyond Unicode";
}

TEST(Screen, KeepsGoodTextAsItIs) { EXPECT_EQ(plain.text("Grüße → 日本 ✓"), "Grüße → 日本 ✓"); }

TEST(Screen, KeepsLinesOnlyWhereTheyBelong) {
  EXPECT_EQ(plain.text("a\nb\tc\r\n"), "a b c  ");
  EXPECT_EQ(plain.lines("a\nb\tc\r\nd\re"), "a\nb\tc\nd\\x0de");
}

TEST(Screen, FallsBackToAsciiOutsideUtf8) { EXPECT_EQ(ascii.text("1 → 2 …ü"), "1 -> 2 ...?"); }

TEST(Screen, PaintsOnlyWithColours) {
  EXPECT_EQ(plain.paint("x", Style::Bad), "x");
  EXPECT_EQ(colored.paint("x", Style::Bad), "\x1b[31mx\x1b[0m");
  EXPECT_EQ(colored.paint("x", Style::Plain), "x");
}

TEST(Screen, CountsAndCutsColumnsNotBytes) {
  const auto line = colored.paint("grün→", Style::Good) + "ab";
  EXPECT_EQ(columns_of(line), 7U);
  EXPECT_EQ(columns_of("日本"), 4U);
  EXPECT_EQ(cut(line, 7, colored), line);
  EXPECT_EQ(cut(line, 4, colored), "\x1b[32mgrü…\x1b[0m");
  EXPECT_EQ(columns_of(cut("日本語", 4, plain)), 3U) << "a wide character is not cut in half";
  EXPECT_EQ(cut("abcdef", 3, ascii), "ab~");
}

}  // namespace
}  // namespace teal::cli
