// Passwords before the @ of an address. Private to mask_text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "manifests/masking/mask_commands.hpp"
#include "manifests/masking/mask_effort.hpp"
#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

// How long "://" (or ":\/\/", as PHP writes it into JSON) is at this place, behind a scheme; else 0.
[[nodiscard]] std::size_t starts_address(std::string_view text, std::size_t colon);

// Of scheme://user:password@host the password; nothing when there is none. Where starts_address says yes.
[[nodiscard]] std::optional<TextSpan> address_secret(std::string_view text, std::size_t colon, Effort& effort);

// Of addresses without a scheme, by their @: Go's user:password@tcp(host:3306)/name, Oracle's
// user/password@host, //user:password@host. `word` is where that begins, behind a blank, a quote or an equals sign.
[[nodiscard]] std::optional<TextSpan> secret_before_host(std::string_view text, std::size_t word, std::size_t at_sign,
                                                         ProgramBefore& programs, TellingWords words);

// As tokens and base64 are, and words of a language are not.
[[nodiscard]] bool looks_random(std::string_view word);

}  // namespace teal::masking
