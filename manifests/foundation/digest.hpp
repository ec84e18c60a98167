// Hashes, and bytes as text. Hashes, base64 and random numbers are OpenSSL's.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace teal {

[[nodiscard]] std::string hex(std::string_view bytes);  // in lower case
[[nodiscard]] bool is_hex(std::string_view text);       // in lower case; empty is

[[nodiscard]] std::string sha256_hex(std::string_view bytes);                             // 64 digits
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view bytes);      // 32 bytes
[[nodiscard]] std::string hmac_sha256_hex(std::string_view key, std::string_view bytes);  // 64 digits

// RFC 4648, padded; the second with - and _ (section 5).
[[nodiscard]] std::string encode_base64(std::string_view bytes);
[[nodiscard]] std::string encode_base64url(std::string_view bytes);
// With or without padding; line breaks are left out. Nothing for what is no base64.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

// So many bytes that nobody can guess, in hexadecimal. Nothing when the system has none to give.
[[nodiscard]] std::optional<std::string> random_hex(std::size_t bytes);

}  // namespace teal
