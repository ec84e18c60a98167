// Nobody takes everything: what the clients of one door do to those of another, and to each other.
#include <fmt/format.h>

#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

const std::string watch = "GET /apis/teal/v1/applications?watch=true HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string healthz = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
const std::string half_body = "PUT /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n";

class Shares : public ApiTest {
 protected:
  using Sockets = std::vector<std::unique_ptr<Socket>>;

  Sockets open(std::size_t count, const std::string& text) const {
    Sockets sockets;
    for (std::size_t i = 0; i < count; ++i) {
      sockets.push_back(std::make_unique<Socket>(port_));
      sockets.back()->send(text);
    }
    return sockets;
  }

  void expect_answer(Socket& socket) {
    socket.send(healthz);
    EXPECT_NE(socket.read_until("ok\n").find("200 OK"), std::string::npos);
  }
};

TEST_F(Shares, NothingOnTcpClosesAClientOfTheUnixSocket) {
  options_.max_connections = 16;
  start();
  Socket kept(socket_);
  expect_answer(kept);
  Socket watching(socket_);
  watching.send(watch);
  (void)watching.read_until("BOOKMARK");
  const auto watches = open(40, watch);
  const auto headers = open(40, "GET /healthz HTTP/1.1\r\nHost: loc");
  const auto bodies = open(40, half_body + "{");
  expect_answer(kept);
  publish("shop");
  EXPECT_NE(watching.read_until("ADDED").find("ADDED"), std::string::npos);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(call_tcp("GET", "/healthz").status, 200) << "those on TCP make room for each other";
}

TEST_F(Shares, NothingOnTheUnixSocketClosesAClientOfTcp) {
  options_.max_connections = 16;
  start();
  Socket kept(port_);
  expect_answer(kept);
  Sockets many;
  for (int i = 0; i < 20; ++i) {
    many.push_back(std::make_unique<Socket>(socket_));
    many.back()->send(watch);
  }
  expect_answer(kept);
}

TEST_F(Shares, AStreamTooManyIsToldToComeAgain) {
  options_.max_connections = 32;  // 24 over TCP, 18 streams, nine of them one address's
  start();
  auto watches = open(9, watch);
  for (const auto& one : watches) (void)one->read_until("BOOKMARK");
  Socket refused(port_);
  refused.send(watch);
  const auto head = refused.read_until("\r\n\r\n");
  EXPECT_TRUE(head.starts_with("HTTP/1.1 429 Too Many Requests\r\n")) << head;
  EXPECT_NE(head.find("\r\nRetry-After: 5\r\n"), std::string::npos) << head;
  const auto body = refused.read_until("}\n");
  EXPECT_NE(body.find(R"("kind":"Status")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("reason":"TooManyRequests")"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("code":429)"), std::string::npos) << body;
  expect_answer(refused);
  EXPECT_EQ(call_tcp("GET", "/apis/teal/v1/events?watch=true").status, 429) << "all kinds of streams count together";
  EXPECT_EQ(call_tcp("GET", "/apis/teal/v1/applications").status, 200);
  EXPECT_EQ(call("GET", "/apis/teal/v1/applications?watch=true&timeoutSeconds=0").status, 200) << "on the other door";
  watches.clear();
  for (int i = 0; i < 50; ++i) {
    publish("shop", std::to_string(i));  // whoever has gone is noticed
    if (call_tcp("GET", "/apis/teal/v1/applications?watch=true&timeoutSeconds=0").status == 200) return;
    std::this_thread::sleep_for(100ms);
  }
  FAIL() << "their places are free again";
}

TEST_F(Shares, AnIdleStreamMakesRoomAndEndsAsAWholeOne) {
  options_.max_connections = 16;  // twelve over TCP, four of them streams of one address
  start();
  const auto watches = open(4, watch);
  for (const auto& one : watches) (void)one->read_until("BOOKMARK");
  Sockets others;
  for (int i = 0; i < 9; ++i) {
    others.push_back(std::make_unique<Socket>(port_));
    expect_answer(*others.back());
  }
  EXPECT_TRUE(watches[0]->read_all().ends_with("0\r\n\r\n")) << "its client sees no broken connection";
  for (const auto& other : others) expect_answer(*other);
}

TEST_F(Shares, HalfSentRequestsHoldABoundedSum) {
  options_.arriving_bytes = 4u << 20;  // three over TCP
  start();
  const auto bodies = open(20, half_body + std::string(600000, ' '));
  EXPECT_EQ(call_tcp("GET", "/healthz").status, 200);
  EXPECT_TRUE(bodies[0]->closed()) << "the oldest make room";
  std::size_t closed = 0;
  for (int i = 0; i < 50 && closed < 14; ++i) {
    std::this_thread::sleep_for(100ms);  // those that came last are read now
    closed = static_cast<std::size_t>(std::ranges::count_if(bodies, [](const auto& body) { return body->closed(0); }));
  }
  EXPECT_GE(closed, 14u);
  EXPECT_LT(closed, 20u);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(Shares, AHandshakeThatStallsIsInNobodysWay) {
  options_.max_connections = 16;
  options_.header_timeout = 300ms;
  options_.handshake = [](runtime::StreamPtr stream) -> boost::asio::awaitable<Result<runtime::StreamPtr>> {
    char byte = 0;
    const auto count = co_await stream->read_some(&byte, 1, runtime::no_deadline);
    if (!count || *count == 0 || byte != '!') co_return Error{ErrorCode::denied, "no handshake"};
    co_return stream;
  };
  start();
  const auto stalled = open(12, "");
  Socket wrong(port_);
  wrong.send("?");
  EXPECT_TRUE(wrong.closed());
  Socket right(port_);
  right.send("!");
  expect_answer(right);
  EXPECT_TRUE(stalled.back()->closed()) << "it has as long as headers have";
}

}  // namespace
}  // namespace teal::test
