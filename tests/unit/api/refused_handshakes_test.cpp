// TLS handshakes that came to nothing: in the log, and never a flood of it.
#include "daemon/api/refused_handshakes.hpp"

#include <gmock/gmock.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace teal::api {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class RefusedHandshakesTest : public testing::Test {
 protected:
  ~RefusedHandshakesTest() override { ::close(file_); }

  void refuse(int host, const Error& error, std::chrono::seconds at) {
    runtime::Peer peer;
    peer.remote = runtime::PeerAddress{"10.0.0." + std::to_string(host), 4711};
    refused_.note("[::]:7443", peer, error, RefusedHandshakes::Clock::time_point{1h} + at);
  }
  [[nodiscard]] std::string text() const {
    std::string all(1 << 20, '\0');
    all.resize(static_cast<std::size_t>(std::max<ssize_t>(::pread(file_, all.data(), all.size(), 0), 0)));
    return all;
  }
  [[nodiscard]] long lines() const {
    const auto all = text();
    return std::ranges::count(all, '\n');
  }

  int file_ = ::memfd_create("log", 0);
  runtime::Log log_{runtime::LogFormat::Text, runtime::LogLevel::Info, file_};
  RefusedHandshakes refused_{log_};
};

TEST_F(RefusedHandshakesTest, SayFromWhereWhereToAndWhy) {
  refuse(7, {ErrorCode::denied, "the client's certificate is refused: unknown authority"}, 0s);
  EXPECT_THAT(text(), HasSubstr("warning TlsRefused: [::]:7443: no connection with 10.0.0.7: the client's certificate "
                                "is refused: unknown authority\n"));
}

TEST_F(RefusedHandshakesTest, AreNotTheConnectionsThatWereOnlyClosedOrSilent) {
  refuse(7, {ErrorCode::unavailable, "closed"}, 0s);
  refuse(7, {ErrorCode::timed_out, "silent"}, 0s);
  refuse(7, {ErrorCode::cancelled, "stopped"}, 0s);
  EXPECT_EQ(text(), "");
}

TEST_F(RefusedHandshakesTest, FillNoLogHoweverManyThereAre) {
  for (int host = 0; host < 5000; ++host) refuse(host, {ErrorCode::invalid, "plain HTTP"}, 0s);
  EXPECT_EQ(lines(), RefusedHandshakes::most_a_minute);
  refuse(1, {ErrorCode::invalid, "once more"}, 60s);
  EXPECT_EQ(lines(), RefusedHandshakes::most_a_minute + 1);
  EXPECT_THAT(text(), HasSubstr("once more (and 4980 more before it, which found no room here)\n"));
  refuse(2, {ErrorCode::invalid, "and again"}, 61s);
  EXPECT_THAT(text(), HasSubstr("and again\n"));
}

}  // namespace
}  // namespace teal::api
