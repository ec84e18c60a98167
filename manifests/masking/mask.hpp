// Promise C2 for text from outside: removes known secrets from what containers, engines and programs print and return.
//
// A secret is found verbatim, JSON-escaped (also twice), with quotes doubled, with whitespace or invisible characters
// missing, URL-encoded, in base64 (both alphabets, at any offset in a longer text), in hex, and broken across lines;
// for a multi-line secret (a PEM key) also each of its lines. Values and lines of less than six characters are not
// masked: they appear in too many words by chance. Linear in the text, however many secrets there are and whatever they
// have in common; in a text crafted to resemble them everywhere, more than the secrets is removed. The search patterns
// are built once, when a Mask is created. Secrets that are recognisable by the text before them (mask_text.hpp) are
// removed as well.
//
// Mask a text before cutting it: half a secret would not be found. To show a part of a text, mask all of it and say
// which part to show; to read only the end of a text, read `more_to_read` additional bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/masking/mask_text.hpp"
#include "manifests/masking/secret.hpp"

namespace teal::masking {

class Mask {
 public:
  Mask() = default;
  Mask(const std::vector<Secret>& secrets);  // NOLINT(google-explicit-constructor): they are meant by it

  // Of a text as it stands; may overlap.
  void find(std::string_view text, std::vector<TextSpan>& found) const;

  // The beginning of a secret, of at least `least` bytes, with which a part of a text ends.
  void find_begun(std::string_view text, TextSpan part, std::size_t least, std::vector<TextSpan>& found) const;

  // Whether one of them may have been shown with fewer blanks than it has.
  [[nodiscard]] bool has_blanks() const { return has_blanks_; }
  [[nodiscard]] bool empty() const { return beginnings_.empty(); }
  // How many bytes the longest may take, however it is written.
  [[nodiscard]] std::size_t longest() const { return longest_; }

 private:
  // Those that are told by so many bytes at their beginning.
  struct Needles {
    explicit Needles(std::size_t bytes) : told_by(bytes) {}
    void sort();
    [[nodiscard]] std::size_t longest_at(std::string_view text, std::size_t& effort) const;
    [[nodiscard]] std::size_t longest_begun(std::string_view end, std::size_t least) const;

    std::size_t told_by;
    std::vector<Secret> texts;
    std::size_t longest_text = 0;
  };

  void add(std::string text);

  Needles short_{6};
  Needles long_{16};
  std::vector<bool> beginnings_;  // hashes of their first four bytes
  std::size_t longest_ = 0;
  bool has_blanks_ = false;
};

// How many bytes before the wanted ones of a text must be there for a secret that begins before them to be seen.
[[nodiscard]] std::size_t more_to_read(const std::vector<const Mask*>& masks);

// Each secret as "***".
[[nodiscard]] std::string masked(std::string_view text, const std::vector<const Mask*>& masks);
[[nodiscard]] std::string masked(std::string_view text, const Mask& mask);

// The same of the end of a text whose last `most` bytes are wanted; what begins before them is not shown in part.
[[nodiscard]] std::string masked_end(std::string_view text, std::size_t most, const std::vector<const Mask*>& masks);

// … and where these places of it are then, as `places_with_masks` says.
struct MaskedPlaces {
  std::string text;
  std::vector<std::optional<std::size_t>> places;
};
[[nodiscard]] MaskedPlaces masked_end(std::string_view text, std::size_t most, const std::vector<const Mask*>& masks,
                                      const std::vector<std::size_t>& places);

// The same of a short text that others have cut already and marked with "…", or cut at its end: a beginning of a secret
// that stands there goes too.
[[nodiscard]] std::string masked_cut(std::string_view text, const std::vector<const Mask*>& masks);

}  // namespace teal::masking
