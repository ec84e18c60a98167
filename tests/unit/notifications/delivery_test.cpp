#include "daemon/drivers/notifications/webhook/delivery.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

http::Response answer(int status, std::string retry_after = "") {
  http::Response response;
  response.status = status;
  if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
  return response;
}

constexpr Time now{1700000000000ms};  // Tue, 14 Nov 2023 22:13:20 GMT

TEST(Signature, IsWhatOpensslComputes) {
  const auto file = std::filesystem::temp_directory_path() / ("teal-hmac-" + std::to_string(::getpid()));
  std::ofstream{file} << "1700000000.{\"a\":\"é\"}";
  const auto command = "openssl dgst -sha256 -hmac 'the secret' -r " + file.string();
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::array<char, 65> hex{};
  ASSERT_EQ(std::fread(hex.data(), 1, 64, pipe), 64U);
  ::pclose(pipe);
  std::filesystem::remove(file);
  EXPECT_EQ(webhook::signature_of(masking::Secret{"the secret"}, "1700000000", "{\"a\":\"é\"}"),
            "sha256=" + std::string{hex.data()});
}

TEST(Signature, ChangesWithEachOfItsParts) {
  const auto signature = webhook::signature_of(masking::Secret{"k"}, "1", "b");
  EXPECT_NE(signature, webhook::signature_of(masking::Secret{"l"}, "1", "b"));
  EXPECT_NE(signature, webhook::signature_of(masking::Secret{"k"}, "2", "b"));
  EXPECT_NE(signature, webhook::signature_of(masking::Secret{"k"}, "1", "c"));
}

TEST(WebhookAddress, PartsWhatMayBeShownFromWhatMayNot) {
  const auto address =
      webhook::parse_webhook_address(masking::Secret{"https://hooks.example/services/T0/B0/xyz?sig=abc"});
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(http::to_string(address->endpoint), "https://hooks.example:443");
  EXPECT_EQ(address->target.reveal(), "/services/T0/B0/xyz?sig=abc");
  EXPECT_EQ(webhook::parse_webhook_address(masking::Secret{"http://127.0.0.1:81"})->target.reveal(), "/");
  EXPECT_EQ(webhook::parse_webhook_address(masking::Secret{"http://127.0.0.1:81?k=v"})->target.reveal(), "/?k=v");
}

TEST(WebhookAddress, ItsErrorsNeverQuoteIt) {
  for (const std::string url : {"", "hidden", "ftp://hidden/x", "https://", "https:///hidden",
                                "https://user:hidden@host/x", "https://hidden:x/", "https://host/hidden#x",
                                "https://host/hid den", "https://host/hidden\r\nX: y", "unix:/run/hidden"}) {
    const auto address = webhook::parse_webhook_address(masking::Secret{url});
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, ErrorCode::invalid);
    EXPECT_THAT(address.error().message, Not(HasSubstr("hid")));
  }
}

TEST(DeliveryOutcome, TriesAgainOnlyWhereItMayHelp) {
  for (const int status : {200, 201, 204}) EXPECT_TRUE(webhook::outcome_of(answer(status), now).delivered) << status;
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_FALSE(webhook::outcome_of(answer(status), now).delivered);
    EXPECT_TRUE(webhook::outcome_of(answer(status), now).again) << status;
  }
  for (const int status : {301, 302, 307, 400, 401, 403, 404, 410}) {
    EXPECT_FALSE(webhook::outcome_of(answer(status), now).delivered);
    EXPECT_FALSE(webhook::outcome_of(answer(status), now).again) << status;
  }
  EXPECT_TRUE(webhook::outcome_of(Error{ErrorCode::timed_out, "x"}, now).again);
  EXPECT_TRUE(webhook::outcome_of(Error{ErrorCode::unavailable, "x"}, now).again);
  EXPECT_TRUE(webhook::outcome_of(Error{ErrorCode::denied, "x"}, now).again);
  EXPECT_FALSE(webhook::outcome_of(Error{ErrorCode::invalid, "x"}, now).again);
}

TEST(DeliveryOutcome, HonoursRetryAfter) {
  EXPECT_EQ(webhook::outcome_of(answer(429, "120"), now).retry_after, 120s);
  EXPECT_EQ(webhook::outcome_of(answer(503, "Tue, 14 Nov 2023 22:14:00 GMT"), now).retry_after, 40s);
  EXPECT_EQ(webhook::outcome_of(answer(503, "Tue, 14 Nov 2023 22:00:00 GMT"), now).retry_after, 0s);
  EXPECT_EQ(webhook::outcome_of(answer(503, "99999999999999999999999"), now).retry_after, 1h);
  EXPECT_EQ(webhook::outcome_of(answer(503, "Fri, 31 Dec 9999 23:59:59 GMT"), now).retry_after, 1h);
  for (const std::string nonsense : {"-1", "soon", "1.5", "0x10"}) {
    EXPECT_EQ(webhook::outcome_of(answer(503, nonsense), now).retry_after, std::nullopt) << nonsense;
  }
}

TEST(Backoff, DoublesUpToTheLongestWithUpToHalfOff) {
  EXPECT_EQ(runtime::backoff(1, 1s, 5min, 0), 1s);
  EXPECT_EQ(runtime::backoff(2, 1s, 5min, 0), 2s);
  EXPECT_EQ(runtime::backoff(9, 1s, 5min, 0), 256s);
  EXPECT_EQ(runtime::backoff(10, 1s, 5min, 0), 5min);
  EXPECT_EQ(runtime::backoff(1000000, 1s, 5min, 0), 5min);
  EXPECT_EQ(runtime::backoff(2, 1s, 5min, 1), 1s);
}

}  // namespace
}  // namespace teal::test
