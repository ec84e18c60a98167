#include "controllers/masking/mask.hpp"

#include <algorithm>
#include <cstring>

#include "controllers/masking/mask_forms.hpp"
#include "manifests/foundation/text.hpp"

namespace teal {
namespace {

constexpr std::size_t shortest = 6;
constexpr std::size_t hashes = 1U << 16U;
constexpr std::size_t least_to_read = 4096;  // connection strings are no needles

std::uint32_t four_bytes(const char* at) {
  std::uint32_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

std::size_t hash(std::uint32_t bytes) { return (bytes * 2654435761U) >> 16U; }

std::string_view trimmed(std::string_view line) {
  const auto begin = line.find_first_not_of(" \t\r");
  return begin == line.npos ? std::string_view{} : line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

// The value, and its lines when there are several.
std::vector<std::string_view> parts_of(std::string_view value) {
  std::vector<std::string_view> parts;
  if (value.size() >= shortest) parts.push_back(value);
  if (value.find('\n') == value.npos) return parts;
  while (!value.empty()) {
    const auto end = std::min(value.find('\n'), value.size());
    if (const auto line = trimmed(value.substr(0, end)); line.size() >= shortest) parts.push_back(line);
    value.remove_prefix(std::min(end + 1, value.size()));
  }
  return parts;
}

}  // namespace

Mask::Mask(const std::vector<Secret>& secrets) {
  for (const auto& secret : secrets) {
    for (const auto part : parts_of(secret.reveal())) {
      longest_ = std::max(longest_, part.size() * 6);  // each byte as \u00XX
      add(std::string{part});
      for (auto& form : encoded_forms(part)) add(std::move(form));
      auto line = without_blanks(part);
      if (line.size() == part.size() || line.size() < shortest) continue;
      has_blanks_ = true;
      add(std::move(line));
    }
  }
  std::ranges::sort(needles_, {}, &Needle::begins);
  const auto again = std::ranges::unique(needles_, [](const Needle& one, const Needle& other) {
    return one.text.reveal() == other.text.reveal();
  });
  needles_.erase(again.begin(), again.end());
  if (needles_.empty()) return;
  beginnings_.resize(hashes);
  for (const auto& needle : needles_) beginnings_[hash(needle.begins)] = true;
}

void Mask::add(std::string text) {
  const auto begins = four_bytes(text.data());
  needles_.push_back({begins, Secret{std::move(text)}});
}

void Mask::find(std::string_view text, std::vector<TextSpan>& found) const {
  if (needles_.empty()) return;
  for (std::size_t at = 0; at + shortest <= text.size(); ++at) {
    const auto begins = four_bytes(text.data() + at);
    if (!beginnings_[hash(begins)]) continue;
    std::size_t longest = 0;
    for (const auto& needle : std::ranges::equal_range(needles_, begins, {}, &Needle::begins)) {
      const auto& value = needle.text.reveal();
      if (value.size() <= longest || value.size() > text.size() - at) continue;
      // Its end first: many have their beginning in common.
      const auto* last = text.data() + at + value.size() - 4;
      if (four_bytes(last) == four_bytes(value.data() + value.size() - 4) &&
          std::memcmp(text.data() + at, value.data(), value.size()) == 0)
        longest = value.size();
    }
    if (longest > 0) found.push_back({at, at + longest});
  }
}

void Mask::find_begun(std::string_view text, std::size_t least, std::vector<TextSpan>& found) const {
  std::size_t longest = 0;
  for (const auto& needle : needles_) {
    const std::string_view value = needle.text.reveal();
    for (auto size = std::min(value.size() - 1, text.size()); size >= least && size > longest; --size) {
      if (text.ends_with(value.substr(0, size))) longest = size;
    }
  }
  if (longest > 0) found.push_back({text.size() - longest, text.size()});
}

namespace {

constexpr std::string_view cut_mark = "…";
constexpr std::size_t least_before_mark = 3;
constexpr std::size_t least_at_end = 8;  // where nothing says that it was cut

class Search {
 public:
  Search(const std::vector<const Mask*>& masks, std::vector<TextSpan>& found, bool is_cut)
      : masks_(masks), found_(found), is_cut_(is_cut) {}

  // In every form that others give to a text; what has nothing of a kind costs a look for its mark.
  void whole(std::string_view text) {
    auto reading = as_it_stands(text);
    for (int depth = 0; depth < 3 && !reading.text.empty(); ++depth) {
      look(reading);
      if (depth < 2) look(taken_back(reading, TextEncoding::Lines));
      if (depth < 2) look(taken_back(reading, TextEncoding::Entities));
      if (depth < 2) look(taken_back(reading, TextEncoding::Doubled));
      if (has_blanks()) look(taken_back(reading, TextEncoding::Blanks));
      look(taken_back(reading, TextEncoding::Form));
      const auto decoded = taken_back(reading, TextEncoding::Percent);
      look(decoded);
      look(taken_back(decoded, TextEncoding::Form));  // encoded twice, as in redirects
      reading = taken_back(reading, TextEncoding::Escapes);
    }
  }

 private:
  [[nodiscard]] bool has_blanks() const { return std::ranges::any_of(masks_, &Mask::has_blanks); }

  void look(const DecodedText& reading) {
    if (reading.text.empty()) return;
    std::vector<TextSpan> here;
    for (const auto* mask : masks_) {
      mask->find(reading.text, here);
      if (is_cut_) find_begun(*mask, reading.text, here);
    }
    for (const auto& span : here) found_.push_back(reading.origin(span));
  }

  static void find_begun(const Mask& mask, std::string_view text, std::vector<TextSpan>& found) {
    for (auto at = text.find(cut_mark); at != text.npos; at = text.find(cut_mark, at + 1))
      mask.find_begun(text.substr(0, at), least_before_mark, found);
    mask.find_begun(text, least_at_end, found);
  }

  const std::vector<const Mask*>& masks_;
  std::vector<TextSpan>& found_;
  bool is_cut_;
};

std::vector<TextSpan> all_spans(std::string_view text, const std::vector<const Mask*>& masks, bool is_cut = false) {
  auto spans = telling_spans(text, TellingWords::Anywhere);
  if (!std::ranges::all_of(masks, &Mask::empty)) Search{masks, spans, is_cut}.whole(text);
  return merged(std::move(spans));
}

}  // namespace

std::size_t more_to_read(const std::vector<const Mask*>& masks) {
  std::size_t most = least_to_read;
  for (const auto* mask : masks) most = std::max(most, mask->longest());
  return most;
}

std::string masked(std::string_view text, const std::vector<const Mask*>& masks) {
  return with_masks(text, all_spans(text, masks));
}

std::string masked(std::string_view text, const Mask& mask) { return masked(text, std::vector<const Mask*>{&mask}); }

std::string masked_cut(std::string_view text, const std::vector<const Mask*>& masks) {
  return with_masks(text, all_spans(text, masks, true));
}

std::string masked_end(std::string_view text, std::size_t most, const std::vector<const Mask*>& masks) {
  const auto from = text.size() - last_bytes(text, most).size();
  return with_masks(text, all_spans(text, masks), {from, text.size()});
}

}  // namespace teal
