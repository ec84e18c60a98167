// The encodings in which a secret may appear in a text. Private to mask.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

// What to look for in a text for the sake of one value, with no character of it that depends on its neighbours: base64
// at its three alignments, hex. Not the value itself.
[[nodiscard]] std::vector<std::string> encoded_forms(std::string_view value);

// A text with encodings taken back, and where each byte of it came from.
struct DecodedText {
  struct Place {
    std::uint32_t from = 0;
    std::uint32_t to = 0;
  };
  std::string text;
  std::vector<Place> places;

  [[nodiscard]] TextSpan origin(TextSpan span) const { return {places[span.from].from, places[span.to - 1].to}; }
};

enum class TextEncoding {
  Escapes,   // \" \n \u00e9 \x41, and \\ for one
  Percent,   // %41
  Form,      // the same, and + for a space
  Entities,  // &quot; &#34;
  Lines,     // no line breaks at all
  Doubled,   // '' "" $$ and '\'' of shells, SQL and others that write a quote within quotes so
  Blanks,    // no blanks, and nothing that cannot be seen: whoever shows a text in one line leaves out some of them
};

[[nodiscard]] std::string without_blanks(std::string_view value);

[[nodiscard]] DecodedText as_it_stands(std::string_view text);
// Empty where nothing of that kind is in it.
[[nodiscard]] DecodedText taken_back(const DecodedText& reading, TextEncoding encoding);

}  // namespace teal::masking
