// How much a socket's peer has sent.
#pragma once

#include <cstdint>
#include <optional>

namespace teal::postgres {

// Bytes since the connection began, read by anybody or not. Nothing for what is no TCP connection.
[[nodiscard]] std::optional<std::uint64_t> received_by(int socket);

}  // namespace teal::postgres
