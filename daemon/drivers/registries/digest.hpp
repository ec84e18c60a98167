// Digests as registries write them.
#pragma once

#include <string>
#include <string_view>

namespace teal::registries {

[[nodiscard]] std::string sha256_digest(std::string_view bytes);  // "sha256:…"
[[nodiscard]] bool is_sha256_digest(std::string_view text);

}  // namespace teal::registries
