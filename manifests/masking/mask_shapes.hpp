// Secrets that are recognisable by their own format, whatever precedes them: private keys in PEM, tokens with a known
// prefix (ghp_, xoxb-, JWT), webhook URLs. Private to mask_text.
//
// The part that shows the kind stays: "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----". So masked text is
// recognised as such. Linear in the text.
#pragma once

#include <string_view>
#include <vector>

#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

// In any order.
[[nodiscard]] std::vector<TextSpan> shaped_spans(std::string_view text);

}  // namespace teal::masking
