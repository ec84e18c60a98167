// Cosign's signatures of images: simple-signing payloads signed with an ECDSA key, kept beside the image.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::cosign {

struct Signature {
  std::string payload_digest;  // of the blob that was signed
  std::string signature;       // base64
};

// "sha256:abc" → "sha256-abc.sig"
[[nodiscard]] std::string signature_tag(std::string_view digest);
// What a signature manifest lists. Errors: denied (none, or nonsense).
[[nodiscard]] Result<std::vector<Signature>> read_signatures(std::string_view manifest);
// The payload was signed with `public_key` (PEM) and says that it is for the image of `digest`. Errors: invalid (the
// key), denied (the signature or what it is for).
[[nodiscard]] Result<void> check(std::string_view payload, const Signature& signature, std::string_view public_key,
                                 std::string_view digest);

}  // namespace teal::cosign
