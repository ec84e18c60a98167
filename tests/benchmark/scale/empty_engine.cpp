#include "tests/benchmark/scale/empty_engine.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace teal::test {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Unix = asio::local::stream_protocol;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

std::string answer_to(const std::string& target) {
  std::string body = "[]";
  if (target.find("_ping") != target.npos) body = "OK";
  if (target.find("/version") != target.npos)
    body = R"({"Version":"28.5.0","ApiVersion":"1.51","MinAPIVersion":"1.24"})";
  if (target.find("/info") != target.npos) body = R"({"ID":"stand-in","Containers":0})";
  const bool is_missing = target.find("/images/") != target.npos;
  if (is_missing) body = R"({"message":"No such image"})";
  return fmt::format(
      "HTTP/1.1 {}\r\nApi-Version: 1.51\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
      is_missing ? "404 Not Found" : "200 OK", body.size(), body);
}

awaitable<void> serve(Unix::socket client, std::atomic<long>& asked) {
  for (std::string text;;) {
    const auto [failure, size] =
        co_await asio::async_read_until(client, asio::dynamic_buffer(text), "\r\n\r\n", as_result);
    if (failure) co_return;
    ++asked;
    const auto target = text.substr(0, text.find("\r\n"));
    text.erase(0, size);  // teald sends no body to this one
    // A stream that never says anything.
    const auto answer = target.find("/events") == target.npos
                            ? answer_to(target)
                            : std::string{"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"};
    const auto [broken, written] = co_await asio::async_write(client, asio::buffer(answer), as_result);
    if (broken) co_return;
  }
}

awaitable<void> listen(Unix::acceptor acceptor, std::atomic<long>& asked) {
  for (;;) {
    auto [failure, client] = co_await acceptor.async_accept(as_result);
    if (failure) co_return;
    asio::co_spawn(acceptor.get_executor(), serve(std::move(client), asked), asio::detached);
  }
}

}  // namespace

EmptyEngine::EmptyEngine(const std::string& socket) {
  Unix::acceptor acceptor{loop_, Unix::endpoint{socket}};
  asio::co_spawn(loop_, listen(std::move(acceptor), asked_), asio::detached);
  thread_ = std::thread{[this] { loop_.run(); }};
}

EmptyEngine::~EmptyEngine() {
  loop_.stop();
  thread_.join();
}

}  // namespace teal::test
