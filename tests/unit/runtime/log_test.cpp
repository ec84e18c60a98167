#include "daemon/runtime/log_journal.hpp"
#include "daemon/runtime/log_repeats.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <string>
#include <thread>

namespace teal::test {
namespace {

// A log's lines as its reader gets them.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_NONBLOCK) != 0) ends_ = {-1, -1};
    ::fcntl(ends_[1], F_SETPIPE_SZ, 1 << 18);
  }
  ~Pipe() {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  [[nodiscard]] int write_end() const { return ends_[1]; }
  std::string text() {
    std::string all;
    std::array<char, 65536> buffer{};
    for (ssize_t size = 0; (size = ::read(ends_[0], buffer.data(), buffer.size())) > 0;) {
      all.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return all;
  }

 private:
  std::array<int, 2> ends_{};
};

TEST(Log, WritesAnEventAsOneLineOfJson) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Json, runtime::LogLevel::Info, pipe.write_end());
  log.write(runtime::LogLevel::Warning, "shop", "ProbeFailed", "503: \"database\"\nunreachable\x1b[31m");
  const std::string text = pipe.text();
  ASSERT_EQ(text.find('\n'), text.size() - 1);
  const auto line = boost::json::parse(text).as_object();
  EXPECT_EQ(line.at("level").as_string(), "warning");
  EXPECT_EQ(line.at("application").as_string(), "shop");
  EXPECT_EQ(line.at("reason").as_string(), "ProbeFailed");
  EXPECT_EQ(line.at("message").as_string(), "503: \"database\"\nunreachable\x1b[31m");
  EXPECT_EQ(line.at("time").as_string().size(), 24u);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST(Log, LeavesOutEmptyFields) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Json, runtime::LogLevel::Info, pipe.write_end());
  log.info("started");
  const auto line = boost::json::parse(pipe.text()).as_object();
  EXPECT_FALSE(line.contains("application"));
  EXPECT_FALSE(line.contains("reason"));
}

TEST(Log, TextIsForPeopleAndStaysOneLine) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Text, runtime::LogLevel::Info, pipe.write_end());
  log.write(runtime::LogLevel::Error, "shop", "Failed", "two\nlines\r\x1b[2J\x7f é");
  const std::string text = pipe.text();
  EXPECT_NE(text.find(" error   shop Failed: two\\nlines\\x0d\\x1b[2J\\x7f é\n"), std::string::npos) << text;
}

TEST(Log, LeavesOutWhatIsBelowItsLevel) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Text, runtime::LogLevel::Warning, pipe.write_end());
  log.debug("a");
  log.info("b");
  EXPECT_EQ(pipe.text(), "");
  log.warning("c");
  log.error("d");
  const auto text = pipe.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
}

TEST(Log, ReplacesInvalidUtf8AndTerminalControls) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Json, runtime::LogLevel::Info, pipe.write_end());
  log.info("a\xff\xc0\xaf\xed\xa0\x80z \xc2\x9b");
  const std::string text = pipe.text();
  EXPECT_NE(text.find("a\xEF\xBF\xBD"), std::string::npos) << text;
  EXPECT_EQ(text.find('\xff'), std::string::npos);
  EXPECT_EQ(text.find('\x9b'), std::string::npos);
  EXPECT_NO_THROW((void)boost::json::parse(text));
}

// Each byte by itself and between others, wherever text comes in: what people, machines and attackers may write.
TEST(Log, WhateverIsSaidIsOneLineOfPrintableText) {
  for (const auto format : {runtime::LogFormat::Json, runtime::LogFormat::Text}) {
    for (int byte = 0; byte < 256; ++byte) {
      Pipe pipe;
      runtime::Log log(format, runtime::LogLevel::Info, pipe.write_end());
      const std::string hostile = std::string("a") + static_cast<char>(byte) + "\xE2\x80\xA8\r\n{\"level\":\"error\"}";
      log.write(runtime::LogLevel::Warning, hostile, hostile, hostile);
      const auto text = pipe.text();
      ASSERT_EQ(text.find('\n'), text.size() - 1) << byte;
      for (std::size_t i = 0; i + 1 < text.size(); ++i) {
        const auto shown = static_cast<unsigned char>(text[i]);
        ASSERT_TRUE(shown >= 0x20 && shown != 0x7f) << byte;
      }
      ASSERT_EQ(text.find("\xE2\x80\xA8"), std::string::npos);
      if (format == runtime::LogFormat::Text) continue;
      const auto line = boost::json::parse(text).as_object();
      ASSERT_EQ(line.size(), 5u) << byte;
      ASSERT_EQ(line.at("level").as_string(), "warning");
    }
  }
}

TEST(Log, CutsHugeMessages) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Json, runtime::LogLevel::Info, pipe.write_end());
  log.info(std::string(1 << 20, 'x'));
  const auto text = pipe.text();
  EXPECT_LT(text.size(), 20000u);
  EXPECT_GT(text.size(), 16384u);
}

TEST(Log, AFormatStringIsText) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Text, runtime::LogLevel::Info, pipe.write_end());
  log.info("{} %s {0:x} %n");
  EXPECT_NE(pipe.text().find("{} %s {0:x} %n"), std::string::npos);
}

TEST(Log, GoesOnWhenNobodyReads) {
  runtime::Log log(runtime::LogFormat::Text, runtime::LogLevel::Info, -1);
  log.info("lost");
  SUCCEED();
}

TEST(Log, WhatIsSaidAgainIsCountedAndNotWritten) {
  Pipe pipe;
  runtime::Log log(runtime::LogFormat::Text, runtime::LogLevel::Info, pipe.write_end(), std::chrono::milliseconds{50});
  for (int i = 0; i < 8; ++i) log.write(runtime::LogLevel::Warning, "shop", "ProbeFailed", "503");
  log.write(runtime::LogLevel::Warning, "blog", "ProbeFailed", "503");
  log.write(runtime::LogLevel::Warning, "shop", "Other", "503");
  auto text = pipe.text();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3) << text;
  EXPECT_EQ(text.find("repeated"), std::string::npos) << text;
  std::this_thread::sleep_for(std::chrono::milliseconds{60});
  log.write(runtime::LogLevel::Warning, "shop", "ProbeFailed", "503");
  text = pipe.text();
  EXPECT_NE(text.find("shop ProbeFailed: 503 (repeated 7 times)\n"), std::string::npos) << text;
}

TEST(Repeats, ForgetsWhatIsOldAndHoldsBackNoMoreThanItKnows) {
  using std::chrono::seconds;
  runtime::Repeats repeats(seconds{10});
  const runtime::Repeats::Clock::time_point begin{};
  EXPECT_EQ(repeats.note("a", "b", "c", begin), 0u);
  EXPECT_EQ(repeats.note("a", "b", "c", begin + seconds{9}), std::nullopt);
  EXPECT_EQ(repeats.note("ab", "", "c", begin + seconds{9}), 0u) << "other fields";
  for (int i = 0; i < 2'000; ++i) {
    const auto at = begin + seconds{10} + std::chrono::microseconds{i};
    EXPECT_EQ(repeats.note("a", "b", std::to_string(i), at), 0u);
  }
  EXPECT_EQ(repeats.note("a", "b", "c", begin + seconds{11}), 0u) << "the oldest is forgotten first";
  EXPECT_EQ(repeats.note("a", "b", "1999", begin + seconds{11}), std::nullopt);
  EXPECT_EQ(repeats.note("a", "b", "1999", begin + seconds{21}), 1u);
}

TEST(Journal, GetsTheSameWordsAsFields) {
  EXPECT_EQ(runtime::journal_fields(runtime::LogLevel::Warning, "shop", "ProbeFailed", "503\nno server"),
            (std::vector<std::string>{"MESSAGE=503\nno server", "PRIORITY=4", "SYSLOG_IDENTIFIER=teald",
                                      "TEAL_APPLICATION=shop", "TEAL_REASON=ProbeFailed"}));
  EXPECT_EQ(runtime::journal_fields(runtime::LogLevel::Error, "", "", "x").size(), 3u);
}

TEST(Journal, IsUsedOnlyWhenTheFileIsItsStream) {
  Pipe pipe;
  struct stat status{};
  ASSERT_EQ(::fstat(pipe.write_end(), &status), 0);
  const auto own = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  EXPECT_TRUE(runtime::is_journal(pipe.write_end(), own.c_str()));
  EXPECT_FALSE(runtime::is_journal(pipe.write_end(), (own + "1").c_str()));
  EXPECT_FALSE(runtime::is_journal(pipe.write_end(), nullptr));
  EXPECT_FALSE(runtime::is_journal(-1, own.c_str()));
}

TEST(Log, KnowsItsWords) {
  EXPECT_EQ(named<runtime::LogLevel>("warning"), runtime::LogLevel::Warning);
  EXPECT_EQ(named<runtime::LogLevel>("WARN"), std::nullopt);
  EXPECT_EQ(named<runtime::LogFormat>("json"), runtime::LogFormat::Json);
  EXPECT_EQ(named<runtime::LogFormat>("xml"), std::nullopt);
}

}  // namespace
}  // namespace teal::test
