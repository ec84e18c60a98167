#include "manifests/mask_shapes.hpp"

#include <algorithm>

#include "manifests/mask_values.hpp"
#include "manifests/text_rules.hpp"

namespace teal {
namespace {

constexpr std::string_view pem_dashes = "-----";
constexpr std::size_t longest_pem_label = 64;

bool is_in_base64(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '+' || c == '/' || c == '=';
}

// Lines of base64, their ends escaped or not.
bool is_in_pem(char c) { return is_in_base64(c) || is_space(c) || c == '\\' || c == '%'; }

// One past "-----BEGIN … PRIVATE KEY-----" at this place, 0 when there is none. `word` is BEGIN or END.
std::size_t end_of_pem_line(std::string_view text, std::size_t at, std::string_view word) {
  const auto label = at + pem_dashes.size();
  if (!text.substr(label).starts_with(word)) return 0;
  const auto most = text.substr(0, std::min(text.size(), label + longest_pem_label));
  const auto end = most.find(pem_dashes, label);
  if (end == most.npos || most.substr(label, end - label).find("PRIVATE") == most.npos) return 0;
  return end + pem_dashes.size();
}

// Of a key whose end is not there, what may be of it.
std::size_t end_of_cut_pem(std::string_view text, std::size_t from) {
  if (text.substr(from).starts_with(secret_mask)) return from + secret_mask.size();
  while (from < text.size() && is_in_pem(text[from])) ++from;
  return from;
}

// The same of one whose beginning is not there.
std::size_t begin_of_cut_pem(std::string_view text, std::size_t least, std::size_t to) {
  if (text.substr(least, to - least).ends_with(secret_mask)) return to - secret_mask.size();
  while (to > least && is_in_pem(text[to - 1])) --to;
  return to;
}

void add_private_keys(std::string_view text, std::vector<TextSpan>& spans) {
  std::size_t done = 0;
  for (auto at = text.find(pem_dashes); at != text.npos; at = text.find(pem_dashes, done)) {
    if (const auto from = end_of_pem_line(text, at, "BEGIN"); from > 0) {
      const auto next = std::min(text.find(pem_dashes, from), text.size());
      const bool is_ended = next < text.size() && end_of_pem_line(text, next, "END") > 0;
      const auto to = is_ended ? next : end_of_cut_pem(text, from);
      spans.push_back({from, to});
      done = is_ended ? end_of_pem_line(text, next, "END") : to;
    } else if (const auto behind = end_of_pem_line(text, at, "END"); behind > 0) {
      spans.push_back({begin_of_cut_pem(text, done, at), at});
      done = behind;
    } else {
      done = std::min(text.find_first_not_of('-', at), text.size());
      // More dashes than those that begin a line of PEM: its last five may.
      const auto last = done - pem_dashes.size();
      if (last > at && (end_of_pem_line(text, last, "BEGIN") > 0 || end_of_pem_line(text, last, "END") > 0)) done = last;
    }
  }
}

}  // namespace

std::vector<TextSpan> shaped_spans(std::string_view text) {
  std::vector<TextSpan> spans;
  add_private_keys(text, spans);
  return spans;
}

}  // namespace teal
