#include "daemon/runtime/peer.hpp"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <cerrno>

namespace teal::runtime {
namespace {

using boost::asio::ip::tcp;

std::vector<std::uint32_t> groups_of(int socket) {
  std::vector<gid_t> groups(32);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) == 0) {
      groups.resize(size / sizeof(gid_t));
      return {groups.begin(), groups.end()};
    }
    // ERANGE: the kernel has said how much it is.
    if (errno != ERANGE || size <= groups.size() * sizeof(gid_t)) return {};
    groups.resize(size / sizeof(gid_t));
  }
}

std::optional<PeerUser> user_of(int socket) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || size != sizeof credentials) {
    return std::nullopt;
  }
  // Id -1: the kernel knows nobody.
  if (credentials.uid == static_cast<uid_t>(-1)) return std::nullopt;
  return PeerUser{credentials.uid, credentials.gid, groups_of(socket)};
}

using NameOfSocket = int (*)(int, sockaddr*, socklen_t*);

std::optional<PeerAddress> address_of(int socket, NameOfSocket name) {
  tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  if (name(socket, endpoint.data(), &size) != 0) return std::nullopt;
  if (endpoint.data()->sa_family != AF_INET && endpoint.data()->sa_family != AF_INET6) return std::nullopt;
  auto address = endpoint.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    address = make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  }
  return PeerAddress{address.to_string(), endpoint.port()};
}

}  // namespace

Peer peer_of_socket(int socket) {
  Peer peer;
  sockaddr own{};
  socklen_t size = sizeof own;
  if (::getsockname(socket, &own, &size) != 0) return peer;
  if (own.sa_family == AF_UNIX) {
    peer.user = user_of(socket);
  } else {
    peer.remote = address_of(socket, ::getpeername);
    peer.local = address_of(socket, ::getsockname);
  }
  return peer;
}

}  // namespace teal::runtime
