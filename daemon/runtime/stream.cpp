#include "daemon/runtime/stream.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <utility>

namespace teal::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using GenericSocket = asio::generic::stream_protocol::socket;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr std::size_t at_once = 16 << 10;  // bytes: more may not hold the loop up

class SocketStream final : public Stream, public std::enable_shared_from_this<SocketStream> {
 public:
  explicit SocketStream(GenericSocket socket, Peer peer = {})
      : socket_(std::move(socket)),
        read_timer_(socket_.get_executor()),
        write_timer_(socket_.get_executor()),
        peer_(std::move(peer)) {}

  asio::awaitable<Result<void>> connect(asio::generic::stream_protocol::endpoint endpoint, Deadline deadline) {
    const auto self = shared_from_this();
    arm(write_timer_, deadline);
    const auto [error] = co_await socket_.async_connect(endpoint, as_result);
    write_timer_.cancel();
    if (error) co_return failure(error);
    error_code ignored;  // fails on Unix sockets, which need no such thing
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    peer_ = peer_of_socket(socket_.native_handle());
    co_return Result<void>{};
  }

  asio::awaitable<Result<std::size_t>> read_some(char* data, std::size_t size, Deadline deadline) override {
    const auto self = shared_from_this();
    arm(read_timer_, deadline);
    const auto [error, count] = co_await socket_.async_read_some(asio::buffer(data, size), as_result);
    read_timer_.cancel();
    if (error == asio::error::eof) co_return std::size_t{0};
    if (error) co_return failure(error);
    co_return count;
  }

  asio::awaitable<Result<void>> write(std::string_view data, Deadline deadline) override {
    const auto self = shared_from_this();
    // Most answers fit into the kernel's buffer: no timer, nor a turn of the loop, for those. What goes wrong shows
    // below.
    if (data.size() <= at_once) {
      const auto sent = ::send(socket_.native_handle(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent > 0) data.remove_prefix(static_cast<std::size_t>(sent));
      if (data.empty()) co_return Result<void>{};
    }
    arm(write_timer_, deadline);
    while (!data.empty()) {
      const auto [error, count] = co_await socket_.async_write_some(asio::buffer(data.data(), data.size()), as_result);
      if (error) {
        write_timer_.cancel();
        co_return failure(error);
      }
      data.remove_prefix(count);
    }
    write_timer_.cancel();
    co_return Result<void>{};
  }

  void shutdown_send() noexcept override {
    error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

  bool quiet() const noexcept override {
    if (!socket_.is_open()) return false;
    char byte = 0;
    // Asking the kernel without waiting: an end or unasked-for data both rule a reuse out.
    const auto got = ::recv(const_cast<GenericSocket&>(socket_).native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  Peer peer() const override { return peer_; }

 private:
  // A timer that fires closes the socket, which ends the pending operation: cheaper than racing two coroutines.
  void arm(asio::steady_timer& timer, Deadline deadline) {
    if (deadline == no_deadline) return;
    timer.expires_at(deadline);
    timer.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      // The timer may have fired just before it was cancelled; `expired_` then closes a stream that has had its time.
      if (error || !self) return;
      self->expired_ = true;
      self->close();
    });
  }

  [[nodiscard]] Error failure(const error_code& error) const {
    if (expired_) return {ErrorCode::timed_out, "the deadline passed"};
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) {
      return {ErrorCode::cancelled, "the connection was closed on this side"};
    }
    return {ErrorCode::unavailable, error.message()};
  }

  GenericSocket socket_;
  asio::steady_timer read_timer_;
  asio::steady_timer write_timer_;
  Peer peer_;
  bool expired_ = false;
};

struct Resolution {
  Resolution(const asio::any_io_executor& executor, Deadline deadline) : resolver(executor), done(executor, deadline) {}
  asio::ip::tcp::resolver resolver;
  asio::steady_timer done;
  bool finished = false;
  error_code error;
  asio::ip::tcp::resolver::results_type results;
};

// getaddrinfo cannot be interrupted, so it is left to finish on its own when the deadline passes.
asio::awaitable<Result<asio::ip::tcp::resolver::results_type>> resolve(std::string host, std::string port,
                                                                       Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto state = std::make_shared<Resolution>(executor, deadline);
  state->resolver.async_resolve(host, port,
                                [state](const error_code& error, const asio::ip::tcp::resolver::results_type& results) {
                                  state->finished = true;
                                  state->error = error;
                                  state->results = results;
                                  state->done.cancel();
                                });
  const auto [woken] = co_await state->done.async_wait(as_result);
  if (!state->finished) {
    state->resolver.cancel();
    if (woken) co_return Error{ErrorCode::cancelled, "looking up the host name was cancelled"};
    co_return Error{ErrorCode::timed_out, "looking up the host name took too long"};
  }
  if (state->error) co_return Error{ErrorCode::unavailable, state->error.message()};
  co_return state->results;
}

asio::awaitable<Result<StreamPtr>> connect_to(asio::generic::stream_protocol::endpoint endpoint, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const auto stream = std::make_shared<SocketStream>(GenericSocket{executor});
  const auto connected = co_await stream->connect(endpoint, deadline);
  if (!connected) co_return connected.error();
  co_return StreamPtr{stream};
}

}  // namespace

asio::awaitable<Result<StreamPtr>> connect_tcp(std::string host, std::string port, Deadline deadline) {
  error_code not_numeric;
  const auto address = asio::ip::make_address(host, not_numeric);
  unsigned long number = 0;
  if (!port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == std::string::npos) {
    number = std::stoul(port);
  }
  if (number == 0 || number > 65535) co_return Error{ErrorCode::invalid, fmt::format("\"{}\" is not a port", port)};
  if (!not_numeric) {
    const asio::ip::tcp::endpoint endpoint{address, static_cast<std::uint16_t>(number)};
    co_return co_await connect_to(endpoint, deadline);
  }
  const auto resolved = co_await resolve(std::move(host), std::move(port), deadline);
  if (!resolved) co_return resolved.error();
  Error last{ErrorCode::unavailable, "the host has no address"};
  for (const auto& entry : *resolved) {
    auto connected = co_await connect_to(entry.endpoint(), deadline);
    if (connected) co_return connected;
    last = connected.error();
  }
  co_return last;
}

asio::awaitable<Result<StreamPtr>> connect_unix(std::string path, Deadline deadline) {
  if (path.empty() || path.size() > 107) {
    co_return Error{ErrorCode::invalid, "a Unix socket's path has 1 to 107 characters"};
  }
  const auto executor = co_await asio::this_coro::executor;
  const asio::local::stream_protocol::endpoint endpoint{path};
  for (;;) {
    GenericSocket socket{executor};
    error_code error;
    socket.open(asio::generic::stream_protocol{asio::local::stream_protocol{}}, error);
    if (!error) socket.native_non_blocking(true, error);
    if (error) co_return Error{ErrorCode::unavailable, error.message()};
    if (::connect(socket.native_handle(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0) {
      auto peer = peer_of_socket(socket.native_handle());
      co_return StreamPtr{std::make_shared<SocketStream>(std::move(socket), std::move(peer))};
    }
    error = error_code{errno, boost::system::system_category()};
    // A full queue of waiting connections; unlike with TCP, the kernel does not say when there is room again.
    if (error != asio::error::try_again) co_return Error{ErrorCode::unavailable, error.message()};
    if (std::chrono::steady_clock::now() >= deadline) {
      co_return Error{ErrorCode::timed_out, "the other side does not accept connections"};
    }
    asio::steady_timer pause{executor, std::chrono::milliseconds{5}};
    co_await pause.async_wait(as_result);
  }
}

StreamPtr make_stream(asio::any_io_executor executor, int socket) {
  sockaddr address{};
  socklen_t size = sizeof address;
  const int family = ::getsockname(socket, &address, &size) == 0 ? address.sa_family : AF_UNIX;
  return std::make_shared<SocketStream>(GenericSocket{executor, asio::generic::stream_protocol{family, 0}, socket},
                                        peer_of_socket(socket));
}

}  // namespace teal::runtime
