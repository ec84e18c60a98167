// A stand-in for HAProxy's Runtime API (runtime.hpp), on a Unix socket, with as many backends as are asked for: what
// many applications cost teald, without what their checks and requests would cost a real one.
//
// haproxy_stand_in --socket PATH [--backends PREFIX] [--check PATH]. Backends are those whose name begins with PREFIX.
// "stand-in counts" answers the number of commands so far. Ends on SIGTERM.
#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string>

#include "tests/support/haproxy_stand_in/runtime.hpp"

namespace {

namespace asio = boost::asio;
using Unix = asio::local::stream_protocol;
using teal::test::stand_in::Runtime;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

asio::awaitable<void> serve(Unix::socket client, Runtime& runtime) {
  std::string line;
  const auto [failure, size] = co_await asio::async_read_until(client, asio::dynamic_buffer(line), '\n', as_result);
  if (failure) co_return;
  line.resize(size - 1);
  const auto text = line == "stand-in counts" ? std::to_string(runtime.commands()) + "\n" : runtime.answer(line);
  (void)co_await asio::async_write(client, asio::buffer(text), as_result);
}

asio::awaitable<void> accept_all(Unix::acceptor& acceptor, Runtime& runtime) {
  for (;;) {
    auto [failure, client] = co_await acceptor.async_accept(as_result);
    if (failure) co_return;
    asio::co_spawn(acceptor.get_executor(), serve(std::move(client), runtime), asio::detached);
  }
}

}  // namespace

int main(int count, char** words) {
  std::string socket;
  std::string prefix;
  std::string check = "/";
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string word = words[i];
    if (word == "--socket") socket = words[i + 1];
    if (word == "--backends") prefix = words[i + 1];
    if (word == "--check") check = words[i + 1];
  }
  if (socket.empty()) {
    fmt::print(stderr, "haproxy_stand_in --socket PATH [--backends PREFIX] [--check PATH]\n");
    return 2;
  }
  asio::io_context loop{1};
  const auto has_backend = [prefix](const std::string& name) { return name.starts_with(prefix); };
  Runtime runtime{loop.get_executor(), has_backend, check};
  Unix::acceptor acceptor{loop, Unix::endpoint{socket}};
  asio::co_spawn(loop, accept_all(acceptor, runtime), asio::detached);
  asio::signal_set ends{loop, SIGTERM, SIGINT};
  ends.async_wait([&](auto, int) { loop.stop(); });
  loop.run();
}
