#include "daemon/api/client_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace teal::api {

std::string party_of(const runtime::Peer& peer) {
  if (peer.user) return fmt::format("uid {}", peer.user->uid);
  if (!peer.remote) return "unknown";
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(peer.remote->host, error);
  if (error || !address.is_v6() || address.is_loopback()) return peer.remote->host;
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), 0);
  return boost::asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace teal::api
