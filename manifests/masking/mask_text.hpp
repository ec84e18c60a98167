// Secrets that are recognisable in any text by what precedes them: passwords in connection strings, values of names
// that sound secret, arguments of options such as --password. Private to manifests and to controllers/ports.
//
// Linear in the text. Where two readings are possible, the longer one is masked.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace teal::masking {

inline constexpr std::string_view secret_mask = "***";

struct TextSpan {
  std::size_t from = 0;
  std::size_t to = 0;  // one past its end

  bool operator==(const TextSpan&) const = default;
};

// What words tell: those that hardly ever stand in ordinary sentences, or all that `sounds_secret` knows, as in
// variables and commands of a manifest.
enum class TellingWords { Anywhere, Manifest };

// In their order, none overlapping another.
[[nodiscard]] std::vector<TextSpan> telling_spans(std::string_view text, TellingWords words);

// Spans in any order, those that overlap as one.
[[nodiscard]] std::vector<TextSpan> merged(std::vector<TextSpan> spans);

// Each as "***". Of the text only `shown`, whole where one reaches over its ends; merged spans.
[[nodiscard]] std::string with_masks(std::string_view text, const std::vector<TextSpan>& spans, TextSpan shown);
[[nodiscard]] std::string with_masks(std::string_view text, const std::vector<TextSpan>& spans);

// Where these places of the text (in order) are in what `with_masks` makes of it; none: not shown, or within a secret.
[[nodiscard]] std::vector<std::optional<std::size_t>> places_with_masks(const std::vector<std::size_t>& places,
                                                                        const std::vector<TextSpan>& spans,
                                                                        TextSpan shown);

// "--password", "-token": the next argument is a secret.
[[nodiscard]] bool is_secret_option(std::string_view argument);

// Text of any kind: "postgres://user:secret@host/db" → "postgres://user:***@host/db", and whatever else says by the
// words before it that it is a secret (manifests/masking/mask_text.hpp).
[[nodiscard]] std::string mask_connection_strings(std::string_view text);

}  // namespace teal::masking
