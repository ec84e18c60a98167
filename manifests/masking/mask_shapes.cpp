#include "manifests/masking/mask_shapes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "manifests/foundation/text.hpp"
#include "manifests/masking/mask_values.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::masking {
namespace {

constexpr std::string_view pem_dashes = "-----";
constexpr std::size_t longest_pem_label = 64;
constexpr std::size_t longest_before_dot = 512;  // the first part of a JWT

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
      if (last > at && (end_of_pem_line(text, last, "BEGIN") > 0 || end_of_pem_line(text, last, "END") > 0))
        done = last;
    }
  }
}

// What those who give out tokens begin them with, and addresses that are secret themselves behind their host.
struct KnownToken {
  std::string_view begins;
  std::size_t least = 0;  // of characters behind it
  bool with_dots = false;
  bool is_path = false;
};
constexpr std::array<KnownToken, 42> known_tokens{{
    {"ghp_", 10},
    {"gho_", 10},
    {"ghu_", 10},
    {"ghs_", 10},
    {"ghr_", 10},
    {"github_pat_", 10},
    {"glpat-", 10},
    {"sk_live_", 8},
    {"sk_test_", 8},
    {"rk_live_", 8},
    {"rk_test_", 8},
    {"whsec_", 16},
    {"sk-ant-", 16},
    {"sk-proj-", 16},
    {"xoxb-", 8},
    {"xoxp-", 8},
    {"xoxa-", 8},
    {"xoxr-", 8},
    {"xoxs-", 8},
    {"xapp-", 16},
    {"AIza", 30},
    {"npm_", 36},
    {"hf_", 30},
    {"dckr_pat_", 16},
    {"dop_v1_", 32},
    {"pypi-", 50},
    {"SG.", 40, true},
    {"eyJ", 20, true},
    {"hooks.slack.com/services/", 8, false, true},
    {"discord.com/api/webhooks/", 8, false, true},
    {"discordapp.com/api/webhooks/", 8, false, true},
    {"api.telegram.org/bot", 20, true},
    {"teal_", 64},
    {"hvs.", 20},
    {"hvb.", 20},
    {"hvr.", 20},
    {"glrt-", 16},
    {"ya29.", 20},
    {"AGE-SECRET-KEY-1", 20},
    {"hooks.slack.com/workflows/", 8, false, true},
    {"hooks.slack.com/triggers/", 8, false, true},
    {"webhook.office.com/webhookb2/", 8, false, true},
}};

constexpr auto begins_token = [] {
  std::array<bool, 256> begins{};
  for (const auto& known : known_tokens) begins[static_cast<unsigned char>(known.begins.front())] = true;
  return begins;
}();

// `dotless`: up to where no dot is known to be in the word.
std::optional<TextSpan> known_token(std::string_view text, std::size_t at, std::size_t& dotless) {
  const auto rest = text.substr(at);
  for (const auto& known : known_tokens) {
    if (known.begins.front() != text[at] || !rest.starts_with(known.begins)) continue;
    const auto from = at + known.begins.size();
    if (text.substr(from).starts_with(secret_mask)) return TextSpan{from, from + secret_mask.size()};
    auto to = known.with_dots && !known.is_path ? std::max(from, dotless) : from;
    bool has_dot = false;
    for (; to < text.size(); ++to) {
      const char c = text[to];
      const bool is_dot = known.with_dots && (c == '.' || c == ':');
      const bool is_path = known.is_path && (c == '/' || c == '@');
      if (!is_dot && !is_path && c != '_' && c != '-' && (!is_in_base64(c) || c == '/' || c == '+')) break;
      has_dot = has_dot || is_dot;
      if (known.with_dots && !has_dot && to - from > longest_before_dot) break;
    }
    if (known.with_dots && !has_dot) dotless = to;
    if (to - from >= known.least && has_dot == known.with_dots) return TextSpan{from, to};
  }
  return std::nullopt;
}

void add_known_tokens(std::string_view text, std::vector<TextSpan>& spans) {
  bool in_word = false;
  std::size_t dotless = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!in_word && begins_token[static_cast<unsigned char>(c)]) {
      if (const auto found = known_token(text, at, dotless)) {
        spans.push_back(*found);
        at = found->to - 1;
        continue;
      }
    }
    in_word = is_in_base64(c) && c != '/' && c != '=' && c != '+';
  }
}

}  // namespace

std::vector<TextSpan> shaped_spans(std::string_view text) {
  std::vector<TextSpan> spans;
  add_private_keys(text, spans);
  add_known_tokens(text, spans);
  return spans;
}

}  // namespace teal::masking
