#include "daemon/api/host_names.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <optional>

#include "daemon/http/http_client.hpp"

namespace teal::api {
namespace {

namespace ip = boost::asio::ip;

std::optional<ip::address> numeric(std::string_view text) {
  boost::system::error_code error;
  auto address = ip::make_address(text, error);
  if (error) return std::nullopt;
  if (address.is_v6() && address.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  return address;
}

}  // namespace

bool is_own_name(std::string_view authority, std::string_view local_address, const std::vector<std::string>& more) {
  const auto url = teal::http::parse_url(fmt::format("http://{}", authority));
  if (!url || url->host != authority) return false;
  const auto& host = url->endpoint.host;
  if (std::ranges::find(more, host) != more.end()) return true;
  const auto address = numeric(host);
  const auto local = numeric(local_address);
  const bool is_near = !local || local->is_loopback();
  if (address) return (is_near && address->is_loopback()) || (local && *address == *local);
  if (is_near && host == "localhost") return true;
  return !local && host.find_first_of(".%") == std::string::npos;
}

}  // namespace teal::api
