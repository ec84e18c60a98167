// Connections through a HAProxy that Teal keeps that last: a WebSocket and server-sent events, over reloads and a
// drain.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <thread>

#include "daemon/drivers/load_balancers/haproxy/managed/edge.hpp"
#include "daemon/runtime/descriptor.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/conformance/haproxy_process.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

sockaddr_in local_address(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// One end of a connection; what it reads is awaited for up to 30 s.
class Wire {
 public:
  explicit Wire(int number) : socket_(number) {}
  static Wire to(int port) {
    Wire wire{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const auto address = local_address(port);
    if (::connect(wire.socket_.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("nobody listens on the port");
    return wire;
  }
  void say(const std::string& text) const {
    if (::send(socket_.number(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      throw std::runtime_error("the connection is gone");
  }
  // All that has come so far, up to and with `end`; shorter when the connection ends or nothing comes.
  std::string hear(const std::string& end) {
    while (heard_.find(end) == std::string::npos) {
      pollfd entry{socket_.number(), POLLIN, 0};
      char chunk[4096];
      if (::poll(&entry, 1, 30'000) <= 0) break;
      const auto count = ::recv(socket_.number(), chunk, sizeof chunk, 0);
      if (count <= 0) break;
      heard_.append(chunk, static_cast<std::size_t>(count));
    }
    const auto at = heard_.find(end);
    const auto size = at == std::string::npos ? heard_.size() : at + end.size();
    auto text = heard_.substr(0, size);
    heard_.erase(0, size);
    return text;
  }

 private:
  runtime::Descriptor socket_;
  std::string heard_;
};

// A replica that says a WebSocket's every line back, and an event for each line of its standing orders.
class StreamingReplica {
 public:
  StreamingReplica() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto address = local_address(0);
    socklen_t size = sizeof address;
    if (::bind(listener_.number(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(listener_.number(), 64) != 0 ||
        ::getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread{[this] { accept_all(); }};
  }
  // Its connections have to be closed before.
  ~StreamingReplica() {
    ::shutdown(listener_.number(), SHUT_RDWR);
    acceptor_.join();
    for (auto& thread : serving_) thread.join();
  }
  [[nodiscard]] std::string address() const { return fmt::format("127.0.0.1:{}", port_); }

 private:
  void accept_all() {
    for (;;) {
      const int number = ::accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC);
      if (number < 0) return;
      serving_.emplace_back([number] { serve(Wire{number}); });
    }
  }
  static void serve(Wire wire) try {
    const auto request = wire.hear("\r\n\r\n");
    if (request.find("pgrade: websocket") != std::string::npos) {
      wire.say(
          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
      for (auto line = wire.hear("\n"); line.ends_with('\n'); line = wire.hear("\n")) wire.say("said " + line);
    } else if (request.starts_with("GET /events ")) {
      wire.say("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (int i = 0; i < 20; ++i) {
        const auto event = fmt::format("data: {}\n\n", i);
        wire.say(fmt::format("{:x}\r\n{}\r\n", event.size(), event));
        std::this_thread::sleep_for(100ms);
      }
      wire.say("0\r\n\r\n");
    } else {
      wire.say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    }
  } catch (const std::runtime_error&) {
    return;
  }

  runtime::Descriptor listener_;
  int port_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> serving_;
};

class EdgeStreamsTest : public testing::Test {
 protected:
  EdgeStreamsTest() {
    std::string pattern = "/tmp/teal-edge-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    port_ = free_port();
    haproxy::EdgeOptions options;
    options.place.listen = {{"127.0.0.1", port_, false}};
    options.place.directory = folder_;
    options.clock = &clock_;
    edge_ = haproxy::make_edge(std::move(options));
    ports::BackendSpec wanted;
    wanted.name = "shop_api";
    wanted.routes.emplace_back();
    wanted.health.path = "/";
    wanted.health.interval = 200ms;
    EXPECT_TRUE(run(edge_->claim("shop", {wanted})));
    HaproxyChoice choice;
    if (const auto* program = ::getenv("TEAL_HAPROXY_PROGRAM")) choice.program = program;
    choice.folder = folder_;
    choice.port = port_;
    haproxy_ = std::make_unique<HaproxyProcess>(choice);
  }
  ~EdgeStreamsTest() override {
    haproxy_->kill();
    haproxy_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  template <class T>
  T run(boost::asio::awaitable<T> task) {
    return await(loop_, std::move(task));
  }
  world::Server server() {
    const auto servers = run(edge_->servers("shop_api"));
    return servers && !servers->empty() ? servers->front() : world::Server{};
  }
  static bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 3000; ++i) {
      if (reached()) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  void serve_from(const StreamingReplica& replica) {
    ports::ServerSpec spec;
    spec.name = "a";
    spec.address = replica.address();
    ASSERT_TRUE(run(edge_->attach("shop_api", spec)));
    ASSERT_TRUE(until([&] { return server().check_passed; })) << server().check;
    ASSERT_TRUE(run(edge_->admit("shop_api", "a")));
    ASSERT_TRUE(until([&] { return server().up; })) << server().check;
  }
  Wire web_socket() {
    auto wire = Wire::to(port_);
    wire.say(
        "GET /socket HTTP/1.1\r\nHost: shop.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    EXPECT_THAT(wire.hear("\r\n\r\n"), HasSubstr(" 101 "));
    return wire;
  }

  std::string folder_;
  int port_ = 0;
  boost::asio::io_context loop_;
  daemon::WallClock clock_;
  StreamingReplica replica_;
  std::unique_ptr<haproxy::Edge> edge_;
  std::unique_ptr<HaproxyProcess> haproxy_;
};

TEST_F(EdgeStreamsTest, AWebSocketOutlivesReloadsAndIsCountedInADrain) {
  serve_from(replica_);
  auto before = web_socket();
  before.say("one\n");
  EXPECT_EQ(before.hear("\n"), "said one\n");
  const auto* often = ::getenv("TEAL_EDGE_RELOADS");
  for (int i = 0; i < (often != nullptr ? std::stoi(often) : 3); ++i) haproxy_->reload();
  before.say("two\n");
  EXPECT_EQ(before.hear("\n"), "said two\n");
  auto after = web_socket();
  ASSERT_TRUE(run(edge_->drain("shop_api", "a")));
  // What waits in an old process may be counted once too often, and never too seldom.
  ASSERT_TRUE(until([&] { return server().sessions >= 2; })) << server().sessions.value_or(-1);
  after.say("three\n");
  EXPECT_EQ(after.hear("\n"), "said three\n");
  before.say("four\n");
  EXPECT_EQ(before.hear("\n"), "said four\n");
}

TEST_F(EdgeStreamsTest, EventsComeOneByOneAndOverAReload) {
  serve_from(replica_);
  auto wire = Wire::to(port_);
  wire.say("GET /events HTTP/1.1\r\nHost: shop.example.com\r\n\r\n");
  EXPECT_THAT(wire.hear("data: 0\n"), HasSubstr("text/event-stream"));
  haproxy_->reload();
  for (int i = 1; i < 20; ++i) {
    const auto event = fmt::format("data: {}\n", i);
    EXPECT_THAT(wire.hear(event), HasSubstr(event));
  }
  EXPECT_THAT(wire.hear("0\r\n\r\n"), HasSubstr("0\r\n\r\n"));
}

}  // namespace
}  // namespace teal::test
