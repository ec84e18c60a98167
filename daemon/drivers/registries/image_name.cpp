#include "daemon/drivers/registries/image_name.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>

#include "daemon/http/http_client.hpp"

namespace teal::registries {
namespace {

bool is_on_this_machine(std::string_view registry) {
  const auto url = http::parse_url(fmt::format("http://{}", registry));
  if (!url) return false;
  boost::system::error_code not_numeric;
  const auto address = boost::asio::ip::make_address(url->endpoint.host, not_numeric);
  return not_numeric ? url->endpoint.host == "localhost" : address.is_loopback();
}

}  // namespace

ImageName parse_image_name(std::string_view reference) {
  ImageName name;
  if (const auto at = reference.find('@'); at != reference.npos) {
    name.digest = reference.substr(at + 1);
    reference = reference.substr(0, at);
  }
  const auto slash = reference.find('/');
  const auto first = reference.substr(0, slash);
  const bool has_host = slash != reference.npos && (first.find_first_of(".:") != first.npos || first == "localhost");
  name.registry = has_host ? std::string{first} : std::string{"docker.io"};
  if (name.registry == "index.docker.io" || name.registry == "registry-1.docker.io") name.registry = "docker.io";
  auto rest = has_host ? reference.substr(slash + 1) : reference;
  if (const auto colon = rest.rfind(':'); colon != rest.npos && rest.find('/', colon) == rest.npos) {
    name.tag = rest.substr(colon + 1);
    rest = rest.substr(0, colon);
  } else if (name.digest.empty()) {
    name.tag = "latest";
  }
  name.repository = rest;
  if (name.registry == "docker.io" && rest.find('/') == rest.npos) name.repository.insert(0, "library/");
  return name;
}

std::string api_url(const std::string& registry, bool has_tls_files) {
  if (registry == "docker.io") return "https://registry-1.docker.io";
  return (is_on_this_machine(registry) && !has_tls_files ? "http://" : "https://") + registry;
}

}  // namespace teal::registries
