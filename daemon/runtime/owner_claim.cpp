#include "daemon/runtime/owner_claim.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace teal::runtime {

namespace {

// Anybody may take an abstract name, and read those that are taken: only root's or a process of our own user can be a
// teald of this store.
bool is_held_by_a_teald(const ::sockaddr_un& address, ::socklen_t length) {
  const Descriptor caller{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (::connect(caller.number(), reinterpret_cast<const ::sockaddr*>(&address), length) != 0) return false;
  ::ucred holder{};
  ::socklen_t size = sizeof holder;
  if (::getsockopt(caller.number(), SOL_SOCKET, SO_PEERCRED, &holder, &size) != 0) return false;
  return holder.uid == 0 || holder.uid == ::geteuid();
}

}  // namespace

Result<Descriptor> claim_owner(const std::string& owner) {
  Descriptor socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto failed = [&](ErrorCode code, const std::string& words) {
    return Error{code, fmt::format("owner {}: {}", owner, words)};
  };
  if (socket.number() < 0) return failed(ErrorCode::unavailable, std::generic_category().message(errno));
  ::sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto name = "teal.owner." + owner;  // after a NUL: abstract
  if (name.size() + 1 > sizeof(address.sun_path)) return failed(ErrorCode::unavailable, "the id is too long");
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto length = static_cast<::socklen_t>(offsetof(::sockaddr_un, sun_path) + 1 + name.size());
  if (::bind(socket.number(), reinterpret_cast<const ::sockaddr*>(&address), length) == 0) {
    if (::listen(socket.number(), SOMAXCONN) == 0) return socket;
  } else if (errno == EADDRINUSE) {
    if (is_held_by_a_teald(address, length)) {
      return failed(ErrorCode::conflict, "another teald on this machine acts as it");
    }
    return failed(ErrorCode::unavailable, "its name is taken by a process that is no teald of this user");
  }
  return failed(ErrorCode::unavailable, std::generic_category().message(errno));
}

}  // namespace teal::runtime
