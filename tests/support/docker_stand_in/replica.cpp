#include "tests/support/docker_stand_in/replica.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <string_view>

namespace teal::test::stand_in {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr int last_port = 32'767;  // below those that the system gives to clients

asio::awaitable<void> answer(tcp::socket client) {
  static constexpr std::string_view well =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
  std::array<char, 2048> request;
  const auto [failure, size] = co_await client.async_read_some(asio::buffer(request), as_result);
  if (failure || size == 0) co_return;
  (void)co_await asio::async_write(client, asio::buffer(well), as_result);
}

asio::awaitable<void> accept_all(std::shared_ptr<tcp::acceptor> acceptor) {
  while (acceptor->is_open()) {
    auto [failure, client] = co_await acceptor->async_accept(as_result);
    if (failure) co_return;
    asio::co_spawn(acceptor->get_executor(), answer(std::move(client)), asio::detached);
  }
}

}  // namespace

int Replicas::open() {
  const int count = last_port - first_ + 1;
  for (int tried = 0; tried < count; ++tried) {
    const int port = first_ + next_;
    next_ = (next_ + 1) % count;
    if (open_.contains(port)) continue;
    auto acceptor = std::make_shared<tcp::acceptor>(executor_);
    boost::system::error_code failure;
    const tcp::endpoint place{asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)};
    (void)acceptor->open(tcp::v4(), failure);
    if (!failure) (void)acceptor->set_option(tcp::acceptor::reuse_address(true), failure);
    if (!failure) (void)acceptor->bind(place, failure);
    if (!failure) (void)acceptor->listen(16, failure);
    if (failure) continue;
    open_[port] = acceptor;
    asio::co_spawn(executor_, accept_all(std::move(acceptor)), asio::detached);
    return port;
  }
  return 0;
}

void Replicas::close(int port) {
  const auto found = open_.find(port);
  if (found == open_.end()) return;
  boost::system::error_code ignored;
  (void)found->second->close(ignored);
  open_.erase(found);
}

}  // namespace teal::test::stand_in
