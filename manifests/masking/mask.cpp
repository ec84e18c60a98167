#include "manifests/masking/mask.hpp"

#include <algorithm>
#include <cstring>

#include "manifests/foundation/text.hpp"
#include "manifests/masking/mask_forms.hpp"

namespace teal::masking {
namespace {

constexpr std::size_t shortest = 6;
constexpr std::size_t hashes = 1U << 16U;
constexpr std::size_t effort_per_byte = 32;  // of comparing bytes
constexpr std::size_t effort_at_least = 1U << 16U;
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
  short_.sort();
  long_.sort();
}

void Mask::add(std::string text) {
  if (beginnings_.empty()) beginnings_.resize(hashes);
  beginnings_[hash(four_bytes(text.data()))] = true;
  auto& needles = text.size() < long_.told_by ? short_ : long_;
  needles.texts.emplace_back(std::move(text));
}

void Mask::Needles::sort() {
  std::ranges::sort(texts, {}, &Secret::reveal);
  const auto again = std::ranges::unique(texts, {}, &Secret::reveal);
  texts.erase(again.begin(), again.end());
  for (const auto& text : texts) longest_text = std::max(longest_text, text.reveal().size());
}

// Of the needle with which a text begins. Those with the same beginning are looked at one by one, as long as there is
// effort left; then as much counts as found as the longest of all has.
std::size_t Mask::Needles::longest_at(std::string_view text, std::size_t& effort) const {
  if (text.size() < told_by || texts.empty()) return 0;
  const auto begins = [&](const Secret& needle) { return std::string_view{needle.reveal()}.substr(0, told_by); };
  std::size_t longest = 0;
  for (const auto& needle : std::ranges::equal_range(texts, text.substr(0, told_by), {}, begins)) {
    const std::string_view value = needle.reveal();
    if (value.size() <= longest) continue;
    if (effort == 0) return std::min(longest_text, text.size());
    const auto common = static_cast<std::size_t>(std::ranges::mismatch(value, text).in1 - value.begin());
    effort -= std::min(effort, common + 1);
    if (common == value.size()) longest = common;
  }
  return longest;
}

void Mask::find(std::string_view text, std::vector<TextSpan>& found) const {
  if (empty()) return;
  auto effort = text.size() * effort_per_byte + effort_at_least;
  for (std::size_t at = 0; at + shortest <= text.size(); ++at) {
    if (!beginnings_[hash(four_bytes(text.data() + at))]) continue;
    const auto rest = text.substr(at);
    const auto longest = std::max(short_.longest_at(rest, effort), long_.longest_at(rest, effort));
    if (longest > 0) found.push_back({at, at + longest});
  }
}

// The longest beginning of a needle with which a text ends.
std::size_t Mask::Needles::longest_begun(std::string_view end, std::size_t least) const {
  for (auto size = end.size(); size >= least && size > 0; --size) {
    const auto wanted = end.substr(end.size() - size);
    const auto next = std::ranges::lower_bound(texts, wanted, {},
                                               [](const Secret& needle) { return std::string_view{needle.reveal()}; });
    if (next != texts.end() && next->reveal().size() > size && next->reveal().starts_with(wanted)) return size;
  }
  return 0;
}

void Mask::find_begun(std::string_view text, TextSpan part, std::size_t least, std::vector<TextSpan>& found) const {
  const auto length = std::min(part.to - part.from, longest_);
  const auto end = text.substr(part.to - length, length);
  const auto longest = std::max(short_.longest_begun(end, least), long_.longest_begun(end, least));
  if (longest > 0) found.push_back({part.to - longest, part.to});
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
    std::size_t behind_mark = 0;
    for (auto at = text.find(cut_mark); at != text.npos; at = text.find(cut_mark, behind_mark)) {
      mask.find_begun(text, {behind_mark, at}, least_before_mark, found);
      behind_mark = at + cut_mark.size();
    }
    mask.find_begun(text, {behind_mark, text.size()}, least_at_end, found);
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

MaskedPlaces masked_end(std::string_view text, std::size_t most, const std::vector<const Mask*>& masks,
                        const std::vector<std::size_t>& places) {
  const TextSpan shown{text.size() - last_bytes(text, most).size(), text.size()};
  const auto spans = all_spans(text, masks);
  return {with_masks(text, spans, shown), places_with_masks(places, spans, shown)};
}

}  // namespace teal::masking
