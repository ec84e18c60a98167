// Parses an image name as Docker does.
#pragma once

#include <string>
#include <string_view>

namespace teal::registries {

struct ImageName {
  std::string registry;    // host[:port]; "docker.io" when the name has none
  std::string repository;  // "team/app"; Docker Hub's own have "library/" before them
  std::string tag;         // "latest" when the name has neither tag nor digest
  std::string digest;      // "sha256:…"; empty when it has none
};

[[nodiscard]] ImageName parse_image_name(std::string_view reference);

// Where that registry's API is: "https://registry-1.docker.io" for Docker Hub; plain HTTP on this machine's own
// addresses, as dockerd does.
[[nodiscard]] std::string api_url(const std::string& registry, bool has_tls_files);

}  // namespace teal::registries
