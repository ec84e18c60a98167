#include "daemon/drivers/engines/docker/log_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "manifests/foundation/text.hpp"

namespace teal::docker {
namespace {

std::string frame(char stream, const std::string& payload) {
  std::string result{stream, 0, 0, 0};
  for (int shift = 24; shift >= 0; shift -= 8) result += static_cast<char>(payload.size() >> shift & 0xff);
  return result + payload;
}

std::string read(std::string_view stream, std::size_t piece, std::size_t max_bytes = 1000) {
  LogTail tail{max_bytes};
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) tail.feed(stream.substr(0, piece));
  return tail.text();
}

TEST(LogTail, PutsFramesTogetherHoweverTheyAreSplit) {
  const auto stream =
      frame(1, "one\n") + frame(2, "two\n") + frame(1, "") + frame(1, std::string(300, 'x')) + frame(2, "end");
  const auto expected = "one\ntwo\n" + std::string(300, 'x') + "end";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) ASSERT_EQ(read(stream, piece), expected) << piece;
}

TEST(LogTail, ReadsATerminalsOutputAsItIs) {
  for (const std::size_t piece : {1u, 3u, 100u}) {
    EXPECT_EQ(read("$ hello\r\nworld", piece), "$ hello\r\nworld");
    EXPECT_EQ(read(std::string{"\x01\x02 raw", 6}, piece), std::string("\x01\x02 raw", 6));
  }
}

TEST(LogTail, KeepsOnlyTheLastBytes) {
  std::string stream;
  for (int i = 0; i < 5000; ++i) stream += frame(1, std::to_string(i) + "\n");
  EXPECT_EQ(read(stream, 777, 10), "4998\n4999\n");
  EXPECT_EQ(read(stream, 777, 0), "");
}

TEST(LogTail, BeginsWithAWholeCharacter) {
  EXPECT_EQ(read(frame(1, "ab€cd"), 100, 4), "cd");
  EXPECT_EQ(read(frame(1, "ab€cd"), 100, 5), "€cd");
}

TEST(LogTail, StaysWithinItsBytesWhenBadOnesGrow) {
  const auto text = read(frame(1, std::string(100, '\xff')), 7, 50);
  EXPECT_EQ(text.size(), 48u);
  EXPECT_EQ(text, valid_utf8(text));
}

TEST(LogTail, AFrameThatNeverComesLeavesWhatWasThere) {
  const auto whole = frame(1, "hello") + frame(1, "lost");
  for (std::size_t cut = 13; cut < whole.size(); ++cut) {
    ASSERT_EQ(read(whole.substr(0, cut), 100).substr(0, 5), "hello") << cut;
  }
}

ports::Output read_stamped(std::string_view stream, std::size_t piece, std::size_t max_bytes = 1000) {
  LogTail tail{max_bytes, true};
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) tail.feed(stream.substr(0, piece));
  return tail.output();
}

// A long line comes in two frames, each with a time.
TEST(LogTail, TimesAreBesideTheTextHoweverItIsSplit) {
  const std::string first = "2026-01-02T15:04:05.000000001Z";
  const std::string second = "2026-01-02T15:04:06.000000002Z";
  const auto stream = frame(1, first + " one\n") + frame(2, second + " tw") + frame(2, first + " o\n") +
                      frame(1, second + " \n") + frame(1, "no time\n") + frame(1, second);
  const std::vector<ports::Output::Line> lines{{0, first}, {4, second}, {8, second}};
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    const auto output = read_stamped(stream, piece);
    ASSERT_EQ(output.text, "one\ntwo\n\nno time\n") << piece;
    ASSERT_EQ(output.lines, lines) << piece;
  }
}

TEST(LogTail, OfAnEndThereAreTheTimesOfWholeLines) {
  std::string stream;
  for (int i = 1000; i < 9000; ++i) stream += frame(1, std::to_string(i) + "-01-02T15:04:05.000000001Z ab\xff\n");
  const auto output = read_stamped(stream, 777, 10);  // each has six bytes by then
  EXPECT_EQ(output.text, "\uFFFD\nab\uFFFD\n");
  ASSERT_EQ(output.lines.size(), 1u);
  EXPECT_EQ(output.lines.front(), (ports::Output::Line{4, "8999-01-02T15:04:05.000000001Z"}));
}

TEST(LogTail, HoldsNoNul) { EXPECT_EQ(read(frame(1, std::string{"a\0b", 3}), 100), "a\uFFFDb"); }

}  // namespace
}  // namespace teal::docker
