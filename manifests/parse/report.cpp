#include "manifests/parse/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "manifests/foundation/text.hpp"

namespace teal::yaml {
namespace {

constexpr std::size_t most_diagnostics = 100;

bool is_word(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// "a.b[0].c" → "a.b[0]" → "a.b" → "a" → "". A dot inside ["…"] may cut too early; the loop goes on to what is there.
std::string_view parent(std::string_view path) {
  const auto cut = path.find_last_of(".[");
  return cut == std::string_view::npos ? std::string_view{} : path.substr(0, cut);
}

// Whoever fixes it has to know both places: where it is written, and where that was not good enough.
std::string with_alias(std::string message, const Position& position) {
  if (position.alias_line == 0) return message;
  return fmt::format("{} (taken over by the alias in {}:{})", message, position.alias_line, position.alias_column);
}

std::vector<spec::Diagnostic> first_of(std::vector<spec::Diagnostic> all, std::string_view what) {
  std::ranges::sort(all, {}, [](const spec::Diagnostic& d) { return std::tie(d.line, d.column, d.path, d.message); });
  if (all.size() > most_diagnostics) {
    const auto more = all.size() - most_diagnostics;
    all.resize(most_diagnostics);
    auto last = all.back();
    last.path.clear();
    last.message = fmt::format("{} more {} follow", more, what);
    all.push_back(std::move(last));
  }
  return all;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t most_characters = 60;
  const auto shown = text.substr(0, text.find('='));
  std::string_view rest = shown;
  std::size_t characters = 0;
  while (!rest.empty() && characters < most_characters) {
    (void)take_character(rest);
    ++characters;
  }
  const bool whole = rest.empty() && shown.size() == text.size();
  const auto equals = rest.empty() && !whole ? "=" : "";
  return fmt::format("\"{}{}{}\"", printable(shown.substr(0, shown.size() - rest.size())), equals, whole ? "" : "…");
}

std::string child_path(std::string_view path, std::string_view key) {
  if (!is_word(key)) return fmt::format("{}[{}]", path, in_quotes(key));
  return path.empty() ? std::string{key} : fmt::format("{}.{}", path, key);
}

std::string item_path(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }

void Report::add(Position position, std::string path, std::string message, std::string plain) {
  diagnostics_.push_back(
      {file_, position.line, position.column, std::move(path), with_alias(std::move(message), position)});
  plain_.push_back(std::move(plain));
}

Position Report::nearest(std::string_view path) const {
  for (auto around = path;; around = parent(around)) {
    if (const auto found = positions_.find(around); found != positions_.end()) return found->second;
    if (around.empty()) return {};
  }
}

void Report::add(const std::string& path, std::string message) { add(nearest(path), path, std::move(message)); }

void Report::advise(const std::string& path, std::string message) {
  const auto position = nearest(path);
  advice_.push_back({file_, position.line, position.column, path, with_alias(std::move(message), position)});
}

bool Report::has_error(std::string_view path) const {
  return std::ranges::any_of(diagnostics_, [&](const spec::Diagnostic& diagnostic) {
    const std::string_view wrong = diagnostic.path;
    if (wrong.empty() || !path.starts_with(wrong)) return false;
    return path.size() == wrong.size() || path[wrong.size()] == '.' || path[wrong.size()] == '[';
  });
}

void Report::knows(std::string_view path, std::string_view key) {
  // Items of a list are alike: their index says nothing about keys.
  std::string pattern;
  bool inside = false;
  for (const char c : path) {
    if (c == ']') inside = false;
    if (!inside) pattern += c;
    if (c == '[') inside = true;
  }
  known_keys_[pattern].emplace(key);
}

void Report::found(std::string_view key, std::string_view value) {
  if (key == "apiVersion") api_version_ = value;
  if (key == "kind") kind_ = value;
}

std::vector<spec::Diagnostic> Report::take_for_everybody(std::string_view kind) {
  if (api_version_ != "teal/v1" || kind_ != kind) {
    if (head_) diagnostics_.resize(*head_);
    for (std::size_t i = 0; i < diagnostics_.size(); ++i) {
      diagnostics_[i].path.clear();
      if (!plain_[i].empty()) diagnostics_[i].message = plain_[i];
    }
  }
  return take();
}

std::vector<spec::Diagnostic> Report::take() {
  plain_.clear();
  return first_of(std::exchange(diagnostics_, {}), "errors");
}

std::vector<spec::Diagnostic> Report::take_advice() { return first_of(std::exchange(advice_, {}), "pieces of advice"); }

}  // namespace teal::yaml
