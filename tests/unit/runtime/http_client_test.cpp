#include "daemon/http/http_client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/support/await.hpp"
#include "tests/support/scripted_server.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class HttpClient : public testing::Test {
 protected:
  Result<http::Response> get(std::string target = "/", Duration deadline = 5s, std::size_t max_body = 8 << 20) {
    http::Request request;
    request.target = std::move(target);
    return await(loop_, client_.request(std::move(request), deadline, max_body));
  }
  Result<http::Response> post(std::string body) {
    http::Request request;
    request.method = "POST";
    request.body = std::move(body);
    return await(loop_, client_.request(std::move(request), 5s));
  }
  Result<http::Response> stream(std::function<bool(std::string_view)> on_data, Duration idle = 0ms) {
    return await(loop_, client_.stream(http::Request{}, 5s, idle, std::move(on_data)));
  }
  Result<http::Response> answer(Reply reply) {
    server_.script(std::move(reply));
    return get("/", 1s);
  }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  http::Client client_{loop_.get_executor(), server_.endpoint()};
};

TEST_F(HttpClient, SendsHostLengthAndBody) {
  server_.script({{ok("hello")}});
  const auto response = post("{\"a\":1}");
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "hello");
  ASSERT_EQ(server_.requests().size(), 1u);
  EXPECT_THAT(server_.requests()[0], StartsWith("POST / HTTP/1.1\r\nHost: 127.0.0.1:"));
  EXPECT_THAT(server_.requests()[0], HasSubstr("Content-Length: 7\r\n\r\n{\"a\":1}"));
}

TEST_F(HttpClient, KeepsTheConnectionForTheNextRequest) {
  server_.script({{ok("1")}});
  server_.script({{ok("2")}});
  EXPECT_EQ(get()->body, "1");
  EXPECT_EQ(get()->body, "2");
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpClient, ConnectsAnewWhenTheServerSaysClose) {
  server_.script({{"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1"}});
  server_.script({{ok("2")}});
  EXPECT_EQ(get()->body, "1");
  EXPECT_EQ(get()->body, "2");
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(HttpClient, ConnectsAnewWhenTheKeptConnectionWasClosedMeanwhile) {
  server_.script({{ok("1")}});
  EXPECT_EQ(get()->body, "1");
  server_.close_connections();
  server_.script({{ok("2")}});
  const auto second = post("x");
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body, "2");
}

TEST_F(HttpClient, RepeatsAnIdempotentRequestOnceWhenItsReusedConnectionDiesUnanswered) {
  server_.script({{ok("1")}});
  EXPECT_EQ(get()->body, "1");
  server_.script({.pieces = {}, .close = true});
  server_.script({{ok("2")}});
  const auto second = get();
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->body, "2");
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(HttpClient, NeverRepeatsARequestThatMayHaveHadAnEffect) {
  server_.script({{ok("1")}});
  EXPECT_EQ(get()->body, "1");
  server_.script({.pieces = {}, .close = true});
  server_.script({{ok("2")}});
  const auto second = post("x");
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::unavailable);
  EXPECT_EQ(server_.requests().size(), 2u);
}

TEST_F(HttpClient, DoesNotRepeatOnANewConnection) {
  server_.script({.pieces = {}, .close = true});
  const auto response = get();
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpClient, DoesNotReuseAConnectionWithUnaskedForBytes) {
  server_.script({{ok("1") + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"}});
  server_.script({{ok("2")}});
  EXPECT_EQ(get()->body, "1");
  EXPECT_EQ(get()->body, "2");
}

TEST_F(HttpClient, ReadsChunksHoweverTheyAreSplit) {
  const std::string text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n";
  for (std::size_t at = 1; at < text.size(); ++at) {
    server_.script({{text.substr(0, at), text.substr(at)}, 1ms});
    const auto response = get();
    ASSERT_TRUE(response) << at << ": " << response.error().message;
    ASSERT_EQ(response->body, "hello world") << at;
  }
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpClient, ReadsABodyThatEndsWithTheConnection) {
  const auto response = answer({.pieces = {"HTTP/1.0 200 OK\r\n\r\nall ", "of it"}, .pause = 5ms, .close = true});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->body, "all of it");
}

TEST_F(HttpClient, SkipsInterimAnswers) {
  EXPECT_EQ(answer({{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + ok("x")}})->body, "x");
  std::string endless;
  for (int i = 0; i < 100; ++i) endless += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(answer({{endless}}).error().code, ErrorCode::invalid);
}

TEST_F(HttpClient, ReportsAnEndAfterAnInterimAnswer) {  // found by tests/fuzz
  const auto response = answer({.pieces = {"HTTP/1.1 100 Continue\r\n\r\n"}, .close = true});
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::unavailable);
  EXPECT_THAT(response.error().message, HasSubstr("closed after an interim answer"));
}

TEST_F(HttpClient, FindsHeadersWhateverTheirCase) {
  const auto response = answer({{"HTTP/1.1 204 No Content\r\nX-One: 1\r\nx-two:  2 \r\n\r\n"}});
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(http::find_header(response->headers, "x-one"), "1");
  EXPECT_EQ(http::find_header(response->headers, "X-TWO"), "2");
  EXPECT_EQ(http::find_header(response->headers, "X-Three"), "");
}

TEST_F(HttpClient, ReportsAnAnswerThatIsCutShort) {
  for (const std::string text : {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "HTTP/1.1 200 OK\r\nConte",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel"}) {
    const auto response = answer({.pieces = {text}, .close = true});
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().code, ErrorCode::unavailable) << text;
    EXPECT_THAT(response.error().message, HasSubstr("in the middle of the answer"));
  }
}

TEST_F(HttpClient, RefusesWhatIsNotHttp) {
  for (const std::string text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\n"}) {
    const auto response = answer({.pieces = {text}, .close = true});
    ASSERT_FALSE(response) << text;
    EXPECT_EQ(response.error().code, ErrorCode::invalid) << text;
  }
}

TEST_F(HttpClient, LimitsHeadersAndBody) {
  const auto headers = answer({{"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')}});
  ASSERT_FALSE(headers);
  EXPECT_EQ(headers.error().code, ErrorCode::invalid);
  EXPECT_THAT(headers.error().message, HasSubstr("headers are larger"));
  server_.script({{ok(std::string(2000, 'x'))}});
  const auto announced = get("/", 1s, 1999);
  ASSERT_FALSE(announced);
  EXPECT_THAT(announced.error().message, HasSubstr("larger than 1999 bytes"));
  server_.script({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "400\r\n" + std::string(1024, 'x') + "\r\n",
                   "400\r\n" + std::string(1024, 'x') + "\r\n"}});
  EXPECT_EQ(get("/", 1s, 1500).error().code, ErrorCode::invalid);
  server_.script({{ok(std::string(2000, 'x'))}});
  EXPECT_EQ(get("/", 1s, 2000)->body.size(), 2000u);
}

TEST_F(HttpClient, EndsAtTheDeadlineEvenWhenBytesTrickle) {
  std::vector<std::string> trickle(1000, "x");
  trickle.insert(trickle.begin(), "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  server_.script({.pieces = trickle, .pause = 10ms});
  const auto begin = std::chrono::steady_clock::now();
  const auto response = get("/", 100ms);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::timed_out);
  EXPECT_THAT(response.error().message, HasSubstr("no complete answer within 100ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 8s);  // all of it takes ten
}

TEST_F(HttpClient, SaysWhereItCannotConnect) {
  client_ = http::Client{loop_.get_executor(), http::parse_endpoint("unix:///nowhere/x.sock").value()};
  const auto missing = get();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
  EXPECT_EQ(missing.error().message, "connect to unix:///nowhere/x.sock: No such file or directory");
  client_ = http::Client{loop_.get_executor(), http::parse_endpoint("http://127.0.0.1:1").value()};
  const auto refused = get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "connect to http://127.0.0.1:1: Connection refused");
}

TEST_F(HttpClient, RefusesToSendWhatWouldBreakTheRequest) {
  for (const std::string target : {"no-slash", "/a b", "/a\r\nX: y", ""}) {
    const auto response = get(target);
    ASSERT_FALSE(response) << target;
    EXPECT_EQ(response.error().code, ErrorCode::invalid);
  }
  http::Request request;
  request.headers = {{"X-Token", "a\r\nHost: evil"}};
  EXPECT_EQ(await(loop_, client_.request(request, 1s)).error().code, ErrorCode::invalid);
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(HttpClient, ReadsTheAnswerToARequestThatWasRefusedHalfway) {
  server_.script({.pieces = {"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig"},
                  .pause = 20ms,
                  .close = false,
                  .deaf = true});
  const auto response = post(std::string(1000, 'x'));
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 413);
}

TEST_F(HttpClient, StreamsPiecesAsTheyArrive) {
  server_.script(
      {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"}, 10ms});
  std::vector<std::string> pieces;
  const auto response = stream([&](std::string_view piece) {
    pieces.emplace_back(piece);
    return true;
  });
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_THAT(pieces, testing::ElementsAre("one", "two"));
  EXPECT_EQ(response->body, "");
}

TEST_F(HttpClient, StopsAStreamWhenToldTo) {
  server_.script({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "3\r\none\r\n"}, 1ms});
  int calls = 0;
  EXPECT_TRUE(stream([&](std::string_view) { return ++calls == 0; }));
  EXPECT_EQ(calls, 1);
}

TEST_F(HttpClient, ReturnsARefusedStreamWhole) {
  server_.script({{"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone"}});
  const auto response = stream([](std::string_view) {
    ADD_FAILURE() << "an error is no data";
    return true;
  });
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "gone");
}

TEST_F(HttpClient, EndsASilentStream) {
  server_.script({{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n"}});
  const auto response = stream([](std::string_view) { return true; }, 50ms);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::timed_out);
  EXPECT_THAT(response.error().message, HasSubstr("within 50ms"));
}

TEST_F(HttpClient, EndsWhenItsCoroutineIsCancelled) {
  boost::asio::cancellation_signal signal;
  bool ended = false;
  auto on_end = [&](std::exception_ptr, Result<http::Response> response) { ended = !response; };
  server_.script({{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"}});
  boost::asio::co_spawn(loop_, client_.request(http::Request{}, 30s),
                        boost::asio::bind_cancellation_slot(signal.slot(), on_end));
  loop_.run_for(50ms);
  EXPECT_FALSE(ended);
  signal.emit(boost::asio::cancellation_type::terminal);
  loop_.restart();
  loop_.run_for(50ms);
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace teal::test
