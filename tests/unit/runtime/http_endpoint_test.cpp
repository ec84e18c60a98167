#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

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

TEST(HttpUrl, IsTakenApart) {
  const auto url = http::parse_url("https://host.example:444/a//b/./%2F?x=1&y={}");
  EXPECT_FALSE(url);  // not percent-encoded
  const auto right = http::parse_url("https://host.example:444/a//b/./%2F?x=1&y=%7B%7D").value();
  EXPECT_EQ(http::to_string(right.endpoint), "https://host.example:444");
  EXPECT_EQ(right.host, "host.example:444");
  EXPECT_EQ(right.target, "/a//b/./%2F?x=1&y=%7B%7D");
  EXPECT_EQ(http::parse_url("http://[::1]?q")->host, "[::1]");
  EXPECT_EQ(http::parse_url("http://[::1]?q")->target, "/?q");
  const auto numbers = http::parse_url("http://10.0.0.5.example:81/x?y").value();
  EXPECT_EQ(numbers.endpoint.host, "10.0.0.5.example");
  EXPECT_EQ(numbers.endpoint.port, "81");
  EXPECT_EQ(numbers.host, "10.0.0.5.example:81");
  EXPECT_EQ(numbers.target, "/x?y");
  EXPECT_EQ(http::parse_endpoint("https://127.0.0.1.example/base/")->host, "127.0.0.1.example");
  EXPECT_EQ(http::parse_endpoint("https://127.0.0.1.example/base/")->base, "/base");
  for (const auto* bad : {"unix:/x", "http://1.2.3.4:80:90/", "http://1.2.3.4@h/", "http://1.2.3.4.x:1@h/",
                          "http://u:p@h/", "http://h/#f", "http://h/%zz", "/x", "//h/x", "HTTP://h/"}) {
    EXPECT_FALSE(http::parse_url(bad)) << bad;
  }
}

TEST(HttpUrl, ResolvesWhatALocationNames) {
  const std::string base = "https://r.example:5000/v2/shop/blobs/sha256:00";
  EXPECT_EQ(http::resolve_url(base, "/v2/x?y=%2F").value(), "https://r.example:5000/v2/x?y=%2F");
  EXPECT_EQ(http::resolve_url(base, "./sha256:11?z").value(), "https://r.example:5000/v2/shop/blobs/sha256:11?z");
  EXPECT_EQ(http::resolve_url("http://10.0.0.5.example:81/a", "/b").value(), "http://10.0.0.5.example:81/b");
  EXPECT_EQ(http::resolve_url(base, "//cdn.example/y").value(), "https://cdn.example/y");
  EXPECT_EQ(http::resolve_url(base, "http://cdn.example/y?z").value(), "http://cdn.example/y?z");
  EXPECT_FALSE(http::resolve_url(base, "http://cdn .example/"));
}

}  // namespace
}  // namespace teal::test
