#include "daemon/drivers/registries/digest.hpp"

#include "manifests/foundation/digest.hpp"

namespace teal::registries {

std::string sha256_digest(std::string_view bytes) { return "sha256:" + sha256_hex(bytes); }

bool is_sha256_digest(std::string_view text) {
  constexpr std::string_view prefix = "sha256:";
  return text.starts_with(prefix) && text.size() == prefix.size() + 64 && is_hex(text.substr(prefix.size()));
}

}  // namespace teal::registries
