// Versions as vendors write them: semantic (1.4.0-rc1), calendar (2025.10), four-part (2018.1.11.318), with or without
// a "v".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::spec {

struct Version {
  std::vector<std::uint64_t> parts;     // at least one
  std::vector<std::string> prerelease;  // the dot-separated words after '-'; empty: a release
};

// Error: invalid, naming the text and the form that was expected.
[[nodiscard]] Result<Version> parse_version(std::string_view text);

// Missing parts count as 0 (2025.1 equals 2025.1.0); a pre-release is less than its release (semver.org, rule 11).
[[nodiscard]] std::strong_ordering compare(const Version& a, const Version& b);

// Whether the leading `parts` parts are equal: the vendor promises blue-green compatibility within such a train.
[[nodiscard]] bool same_train(const Version& a, const Version& b, int parts);

}  // namespace teal::spec
