// Promise C2 for strangers' texts: takes known secrets out of what containers, engines and programs print and answer.
//
// A secret is found as it stands, escaped as in JSON (twice too), with quotes doubled, without some of its blanks or
// what cannot be seen, URL-encoded, in base64 of both alphabets at any place of a longer text, in hex, and broken over
// lines; of one of several lines (a PEM key) also each line. Values, and lines of them, of less than six characters
// stay: they stand in too many words by chance. Linear in the text, however many secrets there are and whatever they
// have in common: a text that is made to look like them everywhere has more taken out than the secrets. What is
// searched for is worked out once, when a Mask is made. Whatever gives itself away by the words before it
// (manifests/mask_text) is taken out as well.
//
// A text is masked before it is cut: half a secret would not be found. Whoever wants a part of a text masks all of it
// and says which part to show; whoever reads the end of one reads `more_to_read` bytes more.
#pragma once

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

// The same of a short text that others have cut already and marked with "…", or cut at its end: a beginning of a secret
// that stands there goes too.
[[nodiscard]] std::string masked_cut(std::string_view text, const std::vector<const Mask*>& masks);

}  // namespace teal::masking
