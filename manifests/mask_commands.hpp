// Secrets among the arguments of commands: behind options that sound so, -u user:password, mysql -pPASSWORD. Private to
// manifests.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "manifests/mask_text.hpp"

namespace teal {

// Those of whose short options one takes a password.
enum class CommandProgram { Other, MySql, Behind_p, Behind_a, Oracle };

[[nodiscard]] CommandProgram program_of(std::string_view word);
// The one that is named before a place, in the same command.
[[nodiscard]] CommandProgram program_before(std::string_view text, std::size_t at);

// What the word behind an option holds.
enum class NextWord { Ordinary, Secret, UserAndSecret };
[[nodiscard]] NextWord next_word(std::string_view option, CommandProgram program);

// What of that word is the secret. Nothing of a word that is an option itself.
[[nodiscard]] std::optional<TextSpan> secret_in_word(std::string_view word, NextWord holds);

// -pSECRET, --user=name:SECRET
[[nodiscard]] std::optional<TextSpan> secret_in_option(std::string_view option, CommandProgram program);

}  // namespace teal
