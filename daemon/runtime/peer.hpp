// The identity of the peer of a connection, as far as the kernel and TLS vouch for it. Nothing here is an unproven
// claim of the peer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "manifests/foundation/time.hpp"

namespace teal::runtime {

// Of the process that connected to a Unix socket, at the moment it did.
struct PeerUser {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::vector<std::uint32_t> groups;  // supplementary ones; the kernel may leave the primary one out

  bool operator==(const PeerUser&) const = default;
};

struct PeerAddress {
  std::string host;  // numeric; an IPv4 address as such, also on a socket of IPv6
  int port = 0;

  bool operator==(const PeerAddress&) const = default;
};

// The subject of a certificate that was verified, and whose key the other side has.
struct PeerCertificate {
  std::string common_name;                 // UTF-8 without control characters, not empty
  std::vector<std::string> organizations;  // the same, in the certificate's order
  Time expires;
  // It and those that were shown with it, in DER; and which authorities have verified it (stream_tls_server).
  std::vector<std::string> chain{};
  std::string authorities{};

  bool operator==(const PeerCertificate&) const = default;
};

struct Peer {
  std::optional<PeerUser> user;                // Unix sockets
  std::optional<PeerAddress> remote;           // TCP
  std::optional<PeerAddress> local;            // TCP: where it came in
  std::optional<PeerCertificate> certificate;  // TLS, when it showed one

  bool operator==(const Peer&) const = default;
};

// What the kernel knows of a connected socket; what it does not tell is missing.
[[nodiscard]] Peer peer_of_socket(int socket);

}  // namespace teal::runtime
