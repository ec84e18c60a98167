// Finds the end of the value that follows a revealing word. Private to mask_text.
#pragma once

#include <cstddef>
#include <string_view>

#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_space(char c) { return is_blank(c) || c == '\n' || c == '\r' || c == '\0'; }
inline bool is_quote(char c) { return c == '"' || c == '\''; }

// 1 for a quote at this place, 2 for one with a backslash before it (text that was escaped once), else 0.
[[nodiscard]] std::size_t quote_at(std::string_view text, std::size_t at);

// Of a value that begins with a quote: between the quotes; to the end of the line when there is no second one.
[[nodiscard]] TextSpan inside_quotes(std::string_view text, std::size_t at);

// Of "name=value", with `name` where the name begins and `at` behind the equals sign: libpq's words, ADO's, parameters
// of URLs and of forms, assignments of a shell. Quotes belong to it.
[[nodiscard]] TextSpan assigned_value(std::string_view text, std::size_t name, std::size_t at);

// Up to white space, or a quote that ends what is around it.
[[nodiscard]] std::size_t end_of_word(std::string_view text, std::size_t at);

}  // namespace teal::masking
