#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/runtime/http_client.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

TEST(HttpEndpoint, ReadsEveryForm) {
  const auto unix_socket = http::parse_endpoint("unix:///run/x.sock");
  ASSERT_TRUE(unix_socket);
  EXPECT_TRUE(unix_socket->unix_socket);
  EXPECT_EQ(unix_socket->path, "/run/x.sock");
  EXPECT_EQ(http::parse_endpoint("unix:/run/x.sock").value(), *unix_socket);
  const auto url = http::parse_endpoint("http://host.example:8080/base/");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "host.example");
  EXPECT_EQ(url->port, "8080");
  EXPECT_EQ(url->base, "/base");
  EXPECT_EQ(http::parse_endpoint("http://127.0.0.1")->port, "80");
  const auto safe = http::parse_endpoint("https://host.example/hook").value();
  EXPECT_TRUE(safe.tls);
  EXPECT_EQ(http::to_string(safe), "https://host.example:443/hook");
  EXPECT_EQ(http::parse_endpoint("http://[::1]:81")->host, "::1");
  EXPECT_EQ(http::to_string(http::parse_endpoint("http://[::1]:81/x").value()), "http://[::1]:81/x");
}

TEST(HttpEndpoint, RefusesWhatItCannotReach) {
  for (const std::string url : {"",
                                "host:80",
                                "ftp://x",
                                "https://",
                                "https://h:0",
                                "unix://",
                                "unix://relative",
                                "unix:relative",
                                "http://",
                                "http://:80",
                                "http://h:0",
                                "http://h:65536",
                                "http://h:x",
                                "http://h:",
                                "http://u:p@h",
                                "http://h/?q",
                                "http://h\r\nX: y",
                                "http://[::1",
                                "http://[::1]x",
                                "http://ho st"}) {
    const auto endpoint = http::parse_endpoint(url);
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().code, ErrorCode::invalid);
    EXPECT_THAT(endpoint.error().message, HasSubstr("is not an address"));
  }
  EXPECT_FALSE(http::parse_endpoint("unix:///" + std::string(107, 'x')));
}

TEST(HttpEncode, LeavesOnlyUnreservedCharacters) {
  EXPECT_EQ(http::encode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(http::encode("a b/c?d=é&\n"), "a%20b%2Fc%3Fd%3D%C3%A9%26%0A");
}

}  // namespace
}  // namespace teal::test
