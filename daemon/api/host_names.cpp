#include "daemon/api/host_names.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/authority_view.hpp>
#include <boost/url/parse.hpp>
#include <optional>

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
  const auto parsed = boost::urls::parse_authority(authority);
  if (!parsed || parsed->has_userinfo()) return false;
  if (parsed->has_port() && !parsed->port().empty() && parsed->port_number() == 0) return false;
  const auto host_text = parsed->encoded_host_address();
  const std::string host{host_text.data(), host_text.size()};
  if (host.empty()) return false;
  if (std::ranges::find(more, host) != more.end()) return true;
  const auto address = numeric(host);
  const auto local = numeric(local_address);
  const bool is_near = !local || local->is_loopback();
  if (address) return (is_near && address->is_loopback()) || (local && *address == *local);
  if (is_near && host == "localhost") return true;
  return !local && host.find_first_of(".%") == std::string::npos;
}

}  // namespace teal::api
