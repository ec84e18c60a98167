// How YAML parsers interpret a plain (unquoted) scalar, so that nothing is silently misread.
//
// The union of YAML 1.1 and 1.2: `yes`, `010`, `1_000` and `0x1F` mean different things to different parsers.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace teal::yaml {

enum class Plain { Text, Null, Bool, Number };

[[nodiscard]] Plain classify(std::string_view text);

// Only what every reader agrees on: no leading zeros, no underscores, no other base.
[[nodiscard]] std::optional<bool> strict_bool(std::string_view text);
[[nodiscard]] std::optional<std::int64_t> strict_integer(std::string_view text);
[[nodiscard]] std::optional<double> strict_number(std::string_view text);  // finite

}  // namespace teal::yaml
