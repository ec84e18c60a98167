#include <fmt/format.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include "daemon/http/http_client.hpp"
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
bool is_name(std::string_view host) {
  return !host.empty() && host.size() <= 255 && std::ranges::all_of(host, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '-' || c == '_';
  });
}

bool has_torn_host(const urls::url_view& url) {
  const auto path = url.encoded_path();
  return !path.empty() && path[0] != '/';
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
  auto parsed = parse_url(url);
  if (!parsed) return parsed.error();
  if (parsed->target.find('?') != std::string::npos) return not_an_endpoint(url, "a query does not belong here");
  parsed->endpoint.base = std::move(parsed->target);
  while (parsed->endpoint.base.ends_with('/')) parsed->endpoint.base.pop_back();
  return std::move(parsed->endpoint);
}

Result<Url> parse_url(std::string_view url) {
  if (!url.starts_with("http://") && !url.starts_with("https://")) {
    return not_an_endpoint(url, "it begins with none of unix:, http:// and https://");
  }
  std::string text{url};
  auto parsed = urls::parse_uri(text);
  // Boost.URL 1.81 takes the numbers of http://10.0.0.5.example for its whole host, and .example for a path (1.82 does
  // not). With a letter before them it reads a name.
  const bool lengthened = parsed && parsed->host_type() == urls::host_type::ipv4 && has_torn_host(*parsed);
  if (lengthened) parsed = urls::parse_uri(text.insert(text.find("//") + 2, 1, 'x'));
  if (!parsed) return not_an_endpoint(url, "it is no URL, or something in it must be percent-encoded");
  if (parsed->has_userinfo()) return not_an_endpoint(url, "credentials do not belong here");
  if (parsed->has_fragment()) return not_an_endpoint(url, "a fragment does not belong here");
  Url found;
  found.host = text_of(parsed->encoded_authority()).substr(lengthened ? 1 : 0);
  found.target = text_of(parsed->encoded_target());
  auto& endpoint = found.endpoint;
  const bool is_ipv6 = parsed->host_type() == urls::host_type::ipv6;
  endpoint.host = text_of(parsed->encoded_host_address()).substr(lengthened ? 1 : 0);
  if (has_torn_host(*parsed) || (!is_ipv6 && !is_name(endpoint.host))) return not_an_endpoint(url, "bad host name");
  if (parsed->has_port() && parsed->port_number() == 0) return not_an_endpoint(url, "the port must be 1 to 65535");
  endpoint.tls = parsed->scheme_id() == urls::scheme::https;
  endpoint.port = parsed->has_port() ? std::to_string(parsed->port_number()) : endpoint.tls ? "443" : "80";
  if (!found.target.starts_with('/')) found.target.insert(0, "/");
  return found;
}

Result<std::string> resolve_url(std::string_view base, std::string_view reference) {
  const auto from = parse_url(base);
  if (!from) return from.error();
  const auto to = urls::parse_uri_reference(reference);
  if (!to) return not_an_endpoint(reference, "it is no URL");
  const std::string scheme = from->endpoint.tls ? "https:" : "http:";
  if (to->has_scheme()) return std::string{reference};
  if (to->has_authority()) return fmt::format("{}{}", scheme, reference);
  // Only the path is Boost's: parse_url says why.
  urls::url resolved;
  if (!urls::resolve(*urls::parse_uri("http://h" + from->target), *to, resolved)) {
    return not_an_endpoint(reference, "it is no URL");
  }
  return fmt::format("{}//{}{}", scheme, from->host, text_of(resolved.encoded_target()));
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
