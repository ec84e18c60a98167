#include <fmt/format.h>

#include <algorithm>

#include "daemon/runtime/http_client.hpp"

namespace teal::http {
namespace {

Error not_an_endpoint(std::string_view url, std::string_view why) {
  return {ErrorCode::invalid,
          fmt::format("\"{}\" is not an address: {}; expected unix:///path or http[s]://host[:port][/path]",
                      url.substr(0, 120), why)};
}

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }

bool is_host(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

bool is_ipv6(std::string_view host) {
  return !host.empty() && host.size() <= 64 && host.find_first_not_of("0123456789abcdefABCDEF:.%") == host.npos;
}

bool is_port(std::string_view port) {
  if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != port.npos) return false;
  const auto number = std::stoi(std::string{port});
  return number > 0 && number <= 65535;
}

Result<Endpoint> parse_unix(std::string_view url, std::string_view path) {
  if (path.starts_with("//")) path.remove_prefix(2);
  if (!path.starts_with('/')) return not_an_endpoint(url, "the socket's path must be absolute");
  if (path.size() > 107) return not_an_endpoint(url, "a socket's path has at most 107 characters");
  if (path.find('\0') != path.npos) return not_an_endpoint(url, "the path holds a NUL");
  Endpoint endpoint;
  endpoint.unix_socket = true;
  endpoint.path = path;
  return endpoint;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (url.starts_with("unix:")) return parse_unix(url, url.substr(5));
  Endpoint endpoint;
  endpoint.tls = url.starts_with("https://");
  if (!endpoint.tls && !url.starts_with("http://")) {
    return not_an_endpoint(url, "it begins with none of unix:, http:// and https://");
  }
  auto rest = url.substr(endpoint.tls ? 8 : 7);
  if (!std::all_of(rest.begin(), rest.end(), is_visible))
    return not_an_endpoint(url, "it holds a space or control character");
  if (rest.find_first_of("?#") != rest.npos) return not_an_endpoint(url, "a query or fragment does not belong here");
  const auto slash = std::min(rest.find('/'), rest.size());
  auto authority = rest.substr(0, slash);
  endpoint.base = rest.substr(slash);
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  if (authority.find('@') != authority.npos) return not_an_endpoint(url, "credentials do not belong here");
  std::string_view port = endpoint.tls ? "443" : "80";
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == authority.npos || !is_ipv6(authority.substr(1, end - 1)))
      return not_an_endpoint(url, "bad IPv6 address");
    endpoint.host = authority.substr(1, end - 1);
    authority.remove_prefix(end + 1);
    if (!authority.empty() && !authority.starts_with(':')) return not_an_endpoint(url, "bad IPv6 address");
    if (!authority.empty()) port = authority.substr(1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    endpoint.host = authority.substr(0, colon);
    if (colon < authority.size()) port = authority.substr(colon + 1);
    if (!is_host(endpoint.host)) return not_an_endpoint(url, "bad host name");
  }
  if (!is_port(port)) return not_an_endpoint(url, "the port must be 1 to 65535");
  endpoint.port = port;
  return endpoint;
}

std::string to_string(const Endpoint& endpoint) {
  if (endpoint.unix_socket) return "unix://" + endpoint.path;
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  return fmt::format("http{}://{}{}{}:{}{}", endpoint.tls ? "s" : "", ipv6 ? "[" : "", endpoint.host, ipv6 ? "]" : "",
                     endpoint.port, endpoint.base);
}

std::string_view find_header(const Headers& headers, std::string_view name) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  const auto same = [&](char a, char b) { return lower(a) == lower(b); };
  for (const auto& [key, value] : headers) {
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(), same)) return value;
  }
  return {};
}

std::string encode(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
        std::string_view{"-._~"}.find(c) != std::string_view::npos) {
      result += c;
    } else {
      result += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return result;
}

}  // namespace teal::http
