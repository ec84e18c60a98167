// Passwords in SQL statements and in lines of .netrc, recognised by the words before them. Private to mask_text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

// WITH PASSWORD 'x', PASSWORD $$x$$, IDENTIFIED [WITH …] BY 'x', IDENTIFIED BY x, machine h login u password x. `blank`
// stands before the value; the span is without quotes. Linear in the value, whatever stands before it.
[[nodiscard]] std::optional<TextSpan> statement_secret(std::string_view text, std::size_t blank);

}  // namespace teal::masking
