#include "manifests/spec/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "manifests/foundation/text.hpp"

namespace teal::spec {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  if (text.empty() || text.size() > 18 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto dot = text.find('.');
    words.push_back(text.substr(0, dot));
    if (dot == std::string_view::npos) return words;
    text.remove_prefix(dot + 1);
  }
}

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
}

std::strong_ordering compare_words(const std::string& a, const std::string& b) {
  const auto left = number(a);
  const auto right = number(b);
  if (left && right) return *left <=> *right;
  if (left) return std::strong_ordering::less;  // numbers come before words
  if (right) return std::strong_ordering::greater;
  return a.compare(b) <=> 0;
}

std::uint64_t part(const Version& version, std::size_t i) { return i < version.parts.size() ? version.parts[i] : 0; }

}  // namespace

Result<Version> parse_version(std::string_view text) {
  const Error error{ErrorCode::invalid,
                    fmt::format("\"{}\" is not a version: expected numbers such as 2025.1.9, v1.4.0 or 1.2.0-rc1",
                                printable(text.substr(0, 60)))};
  auto rest = text.substr(0, text.find('+'));  // build metadata has no order
  if (text.size() > 128 || (rest.size() < text.size() && rest.size() + 1 == text.size())) return error;
  if (rest.starts_with('v') || rest.starts_with('V')) rest.remove_prefix(1);
  const auto dash = rest.find('-');
  Version version;
  for (const auto word : split(rest.substr(0, dash))) {
    const auto value = number(word);
    if (!value) return error;
    version.parts.push_back(*value);
  }
  if (dash != std::string_view::npos) {
    for (const auto word : split(rest.substr(dash + 1))) {
      if (!is_word(word)) return error;
      version.prerelease.emplace_back(word);
    }
  }
  return version;
}

std::strong_ordering compare(const Version& a, const Version& b) {
  for (std::size_t i = 0; i < std::max(a.parts.size(), b.parts.size()); ++i) {
    if (const auto order = part(a, i) <=> part(b, i); order != 0) return order;
  }
  if (a.prerelease.empty() || b.prerelease.empty()) return a.prerelease.empty() <=> b.prerelease.empty();
  for (std::size_t i = 0; i < std::min(a.prerelease.size(), b.prerelease.size()); ++i) {
    if (const auto order = compare_words(a.prerelease[i], b.prerelease[i]); order != 0) return order;
  }
  return a.prerelease.size() <=> b.prerelease.size();
}

bool same_train(const Version& a, const Version& b, int parts) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(std::max(parts, 0)); ++i) {
    if (part(a, i) != part(b, i)) return false;
  }
  return true;
}

}  // namespace teal::spec
