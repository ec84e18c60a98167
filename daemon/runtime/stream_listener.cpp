#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

#include "daemon/runtime/descriptor.hpp"
#include "daemon/runtime/stream.hpp"
#include "daemon/runtime/trusted_path.hpp"

namespace teal::runtime {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

Error listen_error(const std::string& where, int number) {
  const auto text = fmt::format("listen on {}: {}", where, std::strerror(number));
  if (number == EADDRINUSE) return {ErrorCode::conflict, text};
  if (number == EACCES || number == EPERM) return {ErrorCode::denied, text};
  return {ErrorCode::invalid, text};
}

// A listening descriptor that is waited for and accepted from by hand serves both kinds of socket.
class SocketListener final : public Listener {
 public:
  SocketListener(const asio::any_io_executor& executor, int descriptor, int port, std::string path)
      : descriptor_(executor, descriptor), port_(port), path_(std::move(path)) {
    struct stat made{};
    if (!path_.empty() && ::lstat(path_.c_str(), &made) == 0) inode_ = made.st_ino;
  }
  ~SocketListener() override { close_now(); }

  asio::awaitable<Result<StreamPtr>> accept() override {
    for (;;) {
      if (!descriptor_.is_open()) co_return Error{ErrorCode::cancelled, "the listener was closed"};
      const int socket = ::accept4(descriptor_.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
      if (socket >= 0) {
        if (port_ != 0) {
          const int on = 1;
          ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        }
        co_return make_stream(descriptor_.get_executor(), socket);
      }
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) {
        co_return Error{ErrorCode::unavailable, fmt::format("accept: {}", std::strerror(errno))};
      }
      const auto [error] = co_await descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                                                           asio::as_tuple(asio::use_awaitable));
      if (error) co_return Error{ErrorCode::cancelled, "the listener was closed"};
    }
  }

  void close() noexcept override { close_now(); }
  int port() const noexcept override { return port_; }

 private:
  void close_now() noexcept {
    if (!descriptor_.is_open()) return;
    error_code ignored;
    descriptor_.close(ignored);
    struct stat now{};
    // Only the file that we made: a successor may have put its own in our place.
    if (!path_.empty() && ::lstat(path_.c_str(), &now) == 0 && now.st_ino == inode_) ::unlink(path_.c_str());
  }

  asio::posix::stream_descriptor descriptor_;
  int port_;
  std::string path_;
  ino_t inode_ = 0;
};

enum class Occupant { Nobody, Dead, Alive, NotASocket };

Occupant occupant(const std::string& path, const sockaddr_un& address) {
  struct stat found{};
  if (::lstat(path.c_str(), &found) != 0) return Occupant::Nobody;
  if (!S_ISSOCK(found.st_mode)) return Occupant::NotASocket;
  const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const bool refused = ::connect(probe.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
                       errno == ECONNREFUSED;
  return refused ? Occupant::Dead : Occupant::Alive;
}

}  // namespace

Result<ListenerPtr> listen_tcp(asio::any_io_executor executor, const std::string& host, const std::string& port) {
  const auto where = fmt::format("{}:{}", host, port);
  error_code error;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
  if (error) return Error{ErrorCode::invalid, fmt::format("listen on {}: the host must be a numeric address", where)};
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos ||
      std::stoul(port) > 65535) {
    return Error{ErrorCode::invalid, fmt::format("listen on {}: \"{}\" is not a port", where, port)};
  }
  const asio::ip::tcp::endpoint endpoint{address, static_cast<std::uint16_t>(std::stoul(port))};
  Descriptor socket{::socket(endpoint.protocol().family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  const int on = 1;
  if (socket.number() < 0 || ::setsockopt(socket.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      ::bind(socket.number(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0 ||
      ::listen(socket.number(), SOMAXCONN) != 0) {
    return listen_error(where, errno);
  }
  asio::ip::tcp::endpoint taken;
  auto size = static_cast<socklen_t>(taken.capacity());
  if (::getsockname(socket.number(), taken.data(), &size) != 0) return listen_error(where, errno);
  return ListenerPtr{std::make_shared<SocketListener>(executor, socket.release(), taken.port(), "")};
}

Result<ListenerPtr> listen_unix(asio::any_io_executor executor, const std::string& path, unsigned mode) {
  const auto where = "unix://" + path;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Error{ErrorCode::invalid, fmt::format("listen on {}: the path must have 1 to 107 characters", where)};
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  // Whoever could put his own socket there would be told the tokens of those who come.
  const auto folder = judge_folder_of(path);
  if (!folder && folder.error().code == ErrorCode::denied) return within("listen on " + where, folder.error());
  switch (occupant(path, address)) {
    case Occupant::Nobody:
      break;
    case Occupant::Dead:
      ::unlink(path.c_str());
      break;
    case Occupant::Alive:
      return Error{ErrorCode::conflict, fmt::format("listen on {}: another process listens there", where)};
    case Occupant::NotASocket:
      return Error{ErrorCode::conflict, fmt::format("listen on {}: that is a file, not a socket", where)};
  }
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (socket.number() < 0 ||
      ::bind(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return listen_error(where, errno);
  }
  // Between bind and listen nobody can connect yet, so the rights are never wider than asked for.
  if (::chmod(path.c_str(), mode) != 0 || ::listen(socket.number(), SOMAXCONN) != 0) return listen_error(where, errno);
  return ListenerPtr{std::make_shared<SocketListener>(executor, socket.release(), 0, path)};
}

}  // namespace teal::runtime
