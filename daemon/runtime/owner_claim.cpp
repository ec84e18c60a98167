#include "daemon/runtime/owner_claim.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace teal::runtime {

Result<Descriptor> claim_owner(const std::string& owner) {
  Descriptor socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
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
  if (::bind(socket.number(), reinterpret_cast<const ::sockaddr*>(&address), length) == 0) return socket;
  if (errno == EADDRINUSE) return failed(ErrorCode::conflict, "another teald on this machine acts as it");
  return failed(ErrorCode::unavailable, std::generic_category().message(errno));
}

}  // namespace teal::runtime
