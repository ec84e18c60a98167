// Requests that two readers of HTTP could take for different ones are refused, and the connection is closed: what comes
// behind them is never taken for a request.
#include <fmt/format.h>

#include "daemon/api/head_scan.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

class RequestSmuggling : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }

  // What the server says to raw bytes behind which another request comes.
  std::string all_answers(const std::string& bytes) {
    Socket socket(socket_);
    socket.send(bytes + "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    socket.finish_sending();
    return socket.read_all();
  }

  void expect_refusal(const std::string& bytes, const std::string& why) {
    const auto all = all_answers(bytes);
    const auto answer = parse_answer(all);
    EXPECT_EQ(answer.status, 400) << bytes << "\n→ " << all;
    EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos) << bytes;
    EXPECT_EQ(all.find("HTTP/1.1", 1), std::string::npos) << "one answer only: " << all;
    if (answer.status == 400) EXPECT_NE(answer.message().find(why), std::string::npos) << answer.body;
  }
};

std::string post(const std::string& headers, const std::string& body, const std::string& version = "1.1") {
  return "POST /healthz HTTP/" + version + "\r\nHost: x\r\n" + headers + "\r\n" + body;
}

TEST_F(RequestSmuggling, OnlyChunkedIsATransferEncoding) {
  const std::string nothing = "0\r\n\r\n";
  for (const std::string coding :
       {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked", "chunked;q=1",
        "\"chunked\"", "chunked,", ",chunked", "chunked chunked", "", "chunked\xff", "chunke", "chun\tked"}) {
    expect_refusal(post("Transfer-Encoding: " + coding + "\r\n", nothing), "Transfer-Encoding");
  }
  expect_refusal(post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", nothing), "more than once");
  expect_refusal(post("Transfer-Encoding: identity\r\nTransfer-encoding: chunked\r\n", nothing), "Transfer-Encoding");
  expect_refusal(post("Transfer-Encoding: chunked\r\n", nothing, "1.0"), "HTTP/1.0");
  expect_refusal(post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", nothing), "not both");
  expect_refusal(post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", nothing), "not both");
  for (const std::string coding : {"chunked", "Chunked", " \tCHUNKED \t"}) {
    const auto all = all_answers(post("Transfer-Encoding:" + coding + "\r\n", nothing));
    EXPECT_TRUE(all.starts_with("HTTP/1.1 405")) << all;
    EXPECT_NE(all.find("HTTP/1.1 404"), std::string::npos) << "what follows is a request: " << all;
  }
}

TEST_F(RequestSmuggling, ContentLengthIsOneNumber) {
  for (const std::string length :
       {"+5", "-5", "5, 5", "5,5", "5,", "0x5", "5 5", "5;", "", " ", "five", "5.0", "\v5"}) {
    expect_refusal(post("Content-Length: " + length + "\r\n", "hello"), "");
  }
  expect_refusal(post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), "more than once");
  expect_refusal(post("Content-Length: 5\r\ncontent-length: 6\r\n", "hello"), "more than once");
  expect_refusal(post("Content-Length: 18446744073709551621\r\n", "hello"), "");
}

TEST_F(RequestSmuggling, HeadersAreOfOneLineAndOfPrintableCharacters) {
  expect_refusal(post("X: a\r\n b\r\n", ""), "second line");
  expect_refusal(post("X: a\r\n\tb\r\n", ""), "second line");
  expect_refusal("GET /healthz HTTP/1.1\r\n Host: x\r\n\r\n", "second line");
  expect_refusal(post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), "");
  for (const std::string name : {"X ", "X\t", " ", "", "X Y", "X\"", "X(", "\xc3\xa4", "X/Y", "[X]"}) {
    expect_refusal(post("Y: 1\r\n" + name + ": a\r\n", ""), "");
  }
  expect_refusal(post("Content-Length : 5\r\n", "hello"), "a colon right after it");
  expect_refusal(post("no colon\r\n", ""), "a colon right after it");
  expect_refusal("GET /healthz HTTP/1.1\nHost: x\r\n\r\n", "LF alone");
  expect_refusal("GET /healthz HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", "LF alone");
  expect_refusal("GET /healthz HTTP/1.1\r\nHost: x\r\n\n", "LF alone");
  expect_refusal("GET /healthz HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", "CR alone");
  expect_refusal("GET /healthz HTTP/1.1\r\r\nHost: x\r\n\r\n", "CR alone");
  for (const char c : {'\0', '\x01', '\v', '\f', '\x1b', '\x7f'}) {
    expect_refusal(post(std::string("X: a") + c + "b\r\n", ""), "control character");
    expect_refusal(std::string("GET /") + c + " HTTP/1.1\r\nHost: x\r\n\r\n", "control character");
  }
}

TEST_F(RequestSmuggling, ATargetIsAPath) {
  for (const std::string target :
       {"http://x/healthz", "HTTP://x/healthz", "https://x/", "x:80", "*", "healthz", "//"}) {
    const auto answer = call("GET", target);
    EXPECT_EQ(answer.status, target == "//" ? 404 : 400) << target;
    if (answer.status == 400) {
      EXPECT_NE(answer.message().find("the target of a request is a path, as in GET /healthz"), std::string::npos);
    }
  }
  EXPECT_EQ(call("CONNECT", "x:443").status, 400);
  EXPECT_EQ(call("OPTIONS", "*").status, 400);
  expect_refusal("GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "");
  expect_refusal("GET /healthz  HTTP/1.1\r\nHost: x\r\n\r\n", "");
  expect_refusal("GET /healthz\tHTTP/1.1\r\nHost: x\r\n\r\n", "");
  expect_refusal("\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "request line");
}

TEST_F(RequestSmuggling, WhatFollowsABodyIsNoHeader) {
  publish("shop");
  const std::string head =
      "POST /apis/teal/v1/applications/shop/retry HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
      "Content-Type: text/plain\r\n\r\n";
  expect_refusal(head + "2\r\n{}\r\n0\r\nContent-Type: application/json\r\nHost: y\r\n\r\n", "behind the body");
}

TEST_F(RequestSmuggling, AChunksHeadIsBounded) {
  const std::string head = "POST /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  expect_refusal(head + "1;" + std::string(100000, 'a'), "a chunk's head");
  expect_refusal(head + "0\r\nX: " + std::string(100000, 'a'), "a chunk's head");
  for (const std::string chunk : {"+5\r\nhello\r\n0\r\n\r\n", "0x5\r\nhello\r\n0\r\n\r\n", "5 \nhello\r\n0\r\n\r\n",
                                  "-1\r\n\r\n", "5\r\nhello0\r\n\r\n", "fffffffffffffffff\r\n\r\n"}) {
    const auto status = parse_answer(all_answers(head + chunk)).status;
    EXPECT_TRUE(status == 400 || status == 413) << status << " for " << chunk;
  }
}

TEST(HeadScan, SeesTheEndHoweverItArrives) {
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string all = head + "GET /next";
  api::HeadScan scan;
  for (std::size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(scan.look(all.substr(0, size)), api::HeadScan::Verdict::More) << size;
  }
  EXPECT_EQ(scan.look(all), api::HeadScan::Verdict::Whole);
  EXPECT_EQ(scan.size(), head.size());
}

TEST_F(RequestSmuggling, FieldsBehindTheBodyAreRefused) {
  for (const std::string trailer : {"A: b\r\n", "A: b\r\n c\r\n"}) {
    expect_refusal(post("Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n0\r\n" + trailer + "\r\n"), "behind the body");
  }
}

}  // namespace
}  // namespace teal::test
