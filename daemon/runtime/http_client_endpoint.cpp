#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include "daemon/runtime/http_client.hpp"
#include "manifests/foundation/text.hpp"

namespace teal::http {
namespace {

namespace urls = boost::urls;

Error not_an_endpoint(std::string_view url, std::string_view why) {
  return {ErrorCode::invalid,
          fmt::format("\"{}\" is not an address: {}; expected unix:///path or http[s]://host[:port][/path]",
                      printable(first_bytes(url, 120)), why)};
}

std::string text_of(const auto& part) { return {part.data(), part.size()}; }

// RFC 3986 lets much more stand there than has an address.
bool is_host(const urls::url_view& url) {
  const auto host = text_of(url.encoded_host());
  if (url.host_type() != urls::host_type::name) {
    return url.host_type() == urls::host_type::ipv4 || url.host_type() == urls::host_type::ipv6;
  }
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

Result<urls::url_view> parse_http(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return not_an_endpoint(url, "it begins with none of unix:, http:// and https://");
  }
  const auto parsed = urls::parse_uri(url);
  if (!parsed) return not_an_endpoint(url, "it is no URL, or something in it must be percent-encoded");
  if (parsed->has_userinfo()) return not_an_endpoint(url, "credentials do not belong here");
  if (parsed->has_fragment()) return not_an_endpoint(url, "a fragment does not belong here");
  if (!is_host(*parsed)) return not_an_endpoint(url, "bad host name");
  if (parsed->has_port() && parsed->port_number() == 0) return not_an_endpoint(url, "the port must be 1 to 65535");
  return *parsed;
}

Endpoint endpoint_of(const urls::url_view& url) {
  Endpoint endpoint;
  endpoint.tls = url.scheme_id() == urls::scheme::https;
  endpoint.host = text_of(url.encoded_host_address());
  endpoint.port = url.has_port() ? std::to_string(url.port_number()) : endpoint.tls ? "443" : "80";
  return endpoint;
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
  const auto parsed = parse_http(url);
  if (!parsed) return parsed.error();
  if (parsed->has_query()) return not_an_endpoint(url, "a query does not belong here");
  auto endpoint = endpoint_of(*parsed);
  endpoint.base = text_of(parsed->encoded_path());
  while (endpoint.base.ends_with('/')) endpoint.base.pop_back();
  return endpoint;
}

Result<Url> parse_url(std::string_view url) {
  const auto parsed = parse_http(url);
  if (!parsed) return parsed.error();
  auto target = text_of(parsed->encoded_target());
  if (!target.starts_with('/')) target.insert(0, "/");
  return Url{endpoint_of(*parsed), text_of(parsed->encoded_authority()), std::move(target)};
}

Result<std::string> resolve_url(std::string_view base, std::string_view reference) {
  const auto from = urls::parse_uri(base);
  const auto to = urls::parse_uri_reference(reference);
  urls::url resolved;
  if (!from || !to || !urls::resolve(*from, *to, resolved)) {
    return Error{ErrorCode::invalid, fmt::format("\"{}\" is no URL", printable(first_bytes(reference, 120)))};
  }
  return text_of(resolved.buffer());
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

}  // namespace teal::http
