// Addresses as teald.yaml writes them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace teal::config {

struct UnixAddress {
  std::string path;  // absolute

  bool operator==(const UnixAddress&) const = default;
};

struct TcpAddress {
  std::string host;  // an address or a name, without brackets
  int port = 0;

  bool operator==(const TcpAddress&) const = default;
};

using ListenAddress = std::variant<UnixAddress, TcpAddress>;

inline constexpr std::size_t longest_socket_path = 107;  // bytes; sockaddr_un holds no more

// "unix:/run/x.sock" and "unix:///run/x.sock" → "/run/x.sock".
[[nodiscard]] std::optional<std::string> socket_path(std::string_view text);

// "127.0.0.1:7080", "[::1]:7080", "name:0" (any free port).
[[nodiscard]] std::optional<TcpAddress> tcp_address(std::string_view text);

// Only this machine reaches it: localhost, 127.0.0.0/8, ::1.
[[nodiscard]] bool is_loopback(const TcpAddress& address);

// As teald.yaml writes it: "unix:/run/x.sock", "127.0.0.1:7080", "[::1]:7080".
[[nodiscard]] std::string to_string(const ListenAddress& address);

// http[s]://host[:port][/path]
[[nodiscard]] bool is_url(std::string_view text);

}  // namespace teal::config
