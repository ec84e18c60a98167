#include "daemon/drivers/registries/image_name.hpp"

namespace teal {

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
  const bool own = registry == "localhost" || registry.starts_with("localhost:") || registry.starts_with("127.") ||
                   registry.starts_with("[::1]");
  return (own && !has_tls_files ? "http://" : "https://") + registry;
}

}  // namespace teal
