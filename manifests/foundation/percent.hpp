// Percent-coding (RFC 3986). Boost.URL does it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace teal {

// Fit for one segment of a path and for a name or value of a query: all but letters, digits and - . _ ~ is coded.
[[nodiscard]] std::string percent_encode(std::string_view text);

enum class PlusMeans { Plus, Space };  // a space: in queries and forms

// Nothing when a % is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, PlusMeans plus = PlusMeans::Plus);

}  // namespace teal
