// Secrets that are known by their own form, whatever stands before them: private keys in PEM, tokens with a known
// beginning (ghp_, xoxb-, JWT), addresses of hooks. Private to mask_text.
//
// What says which kind it is stays: "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----". So a text that has been
// masked is recognised as such. Linear in the text.
#pragma once

#include <string_view>
#include <vector>

#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

// In any order.
[[nodiscard]] std::vector<TextSpan> shaped_spans(std::string_view text);

}  // namespace teal::masking
