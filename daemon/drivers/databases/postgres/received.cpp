// Apart from all else: the kernel's header, which knows the counter, and libc's, which does not, exclude each other.
#include "daemon/drivers/databases/postgres/received.hpp"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace teal::postgres {

std::optional<std::uint64_t> received_by(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_bytes_received;
}

}  // namespace teal::postgres
