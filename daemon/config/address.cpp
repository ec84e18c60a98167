#include "daemon/config/address.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

#include "daemon/http/http_client.hpp"
#include "manifests/parse/scalar.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::config {
namespace {

std::optional<int> port_number(std::string_view text) {  // 0: any free port
  const auto port = yaml::strict_integer(text);
  if (!port || *port < 0 || *port > 65535) return std::nullopt;
  return static_cast<int>(*port);
}

}  // namespace

std::optional<std::string> socket_path(std::string_view text) {
  if (!text.starts_with("unix:")) return std::nullopt;
  text.remove_prefix(5);
  if (text.starts_with("///")) text.remove_prefix(2);
  if (!spec::is_absolute_path(text) || text.starts_with("//") || text.ends_with('/') ||
      text.size() > longest_socket_path)
    return std::nullopt;
  return std::string{text};
}

std::optional<TcpAddress> tcp_address(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  auto host = text.substr(0, colon);
  const auto port = port_number(text.substr(colon + 1));
  if (!port || !spec::is_host(host)) return std::nullopt;
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return TcpAddress{std::string{host}, *port};
}

bool is_loopback(const TcpAddress& address) {
  if (address.host == "localhost") return true;
  boost::system::error_code not_numeric;
  const auto numeric = boost::asio::ip::make_address(address.host, not_numeric);
  return !not_numeric && numeric.is_loopback();
}

std::string to_string(const ListenAddress& address) {
  if (const auto* path = std::get_if<UnixAddress>(&address)) return "unix:" + path->path;
  const auto& tcp = std::get<TcpAddress>(address);
  const bool numeric_v6 = tcp.host.find(':') != std::string::npos;
  return numeric_v6 ? fmt::format("[{}]:{}", tcp.host, tcp.port) : fmt::format("{}:{}", tcp.host, tcp.port);
}

bool is_url(std::string_view text) {
  const auto url = http::parse_url(text);
  const bool is_ipv6 = url && url->endpoint.host.find(':') != std::string::npos;
  return url && (is_ipv6 || spec::is_host(url->endpoint.host));
}

}  // namespace teal::config
