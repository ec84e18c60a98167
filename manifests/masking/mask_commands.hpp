// Secrets in command line arguments: after options that sound secret, -u user:password, mysql -pPASSWORD. Private to
// manifests.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

// Those of whose short options one takes a password.
enum class CommandProgram { Other, MySql, Behind_p, Behind_a, Behind_w, Behind_k, Oracle, Web };

[[nodiscard]] CommandProgram program_of(std::string_view word);

// The one that is named before a place, in the same command and not far from it. It is asked from the text's beginning
// to its end, and looks at each word once.
class ProgramBefore {
 public:
  explicit ProgramBefore(std::string_view text) : text_(text) {}

  [[nodiscard]] CommandProgram at(std::size_t place);

 private:
  struct Named {
    std::size_t from = 0;
    CommandProgram program = CommandProgram::Other;
  };
  void read_to(std::size_t place);

  std::string_view text_;
  std::size_t seen_ = 0;
  std::deque<Named> named_;  // in the present command
};

// What the word behind an option holds.
enum class NextWord { Ordinary, Secret, UserAndSecret, UserAndGroupOrSecret };
[[nodiscard]] NextWord next_word(std::string_view option, CommandProgram program);

// What of that word is the secret. Nothing of a word that is an option itself.
[[nodiscard]] std::optional<TextSpan> secret_in_word(std::string_view word, NextWord holds);

// -pSECRET, --user=name:SECRET, -uname:SECRET, --password:SECRET, /password:SECRET
[[nodiscard]] std::optional<TextSpan> secret_in_option(std::string_view option, CommandProgram program);

}  // namespace teal::masking
