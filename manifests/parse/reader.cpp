#include "manifests/parse/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "manifests/foundation/parse_time.hpp"
#include "manifests/parse/scalar.hpp"

namespace teal::yaml {
namespace {

constexpr std::size_t longest_text = 65'536;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Edits between two words without regard to case; two letters swapped are one edit.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::vector<std::size_t> before;
  std::vector<std::size_t> two_before;
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    two_before = std::exchange(before, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      row[j] = std::min({before[j - 1] + (same ? 0 : 1), before[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], two_before[j - 2] + 1);
    }
  }
  return row.back();
}

std::string did_you_mean(std::string_view found, const std::vector<std::string_view>& words) {
  if (found.size() > 40) return {};
  std::string_view best;
  std::size_t least = std::min<std::size_t>(2, found.size() / 3) + 1;
  for (const auto word : words) {
    const auto edits = distance(found, word);
    if (edits < least) {
      least = edits;
      best = word;
    }
  }
  return best.empty() ? std::string{} : fmt::format("; did you mean {}?", best);
}

std::string_view found_kind(const Node& node) {
  switch (node.kind) {
    case Node::Kind::Null:
      return "nothing";
    case Node::Kind::Sequence:
      return "a list";
    case Node::Kind::Mapping:
      return "a mapping";
    case Node::Kind::Scalar:
      break;
  }
  if (node.quoted) return "text";
  switch (classify(node.text)) {
    case Plain::Null:
      return "nothing";
    case Plain::Bool:
      return "a truth value";
    case Plain::Number:
      return "a number";
    case Plain::Text:
      return "text";
  }
  return "text";
}

// Newlines and tabs are for scripts and certificates; the checks of single fields are stricter where it matters.
bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') || byte == 0x7F;
  });
}

bool check_text(const Field& field) {
  if (has_control_character(field.node->text)) {
    field.error("control characters are not allowed");
    return false;
  }
  if (field.node->text.size() > longest_text) {
    field.error(fmt::format("expected at most {} bytes of text", longest_text));
    return false;
  }
  return true;
}

}  // namespace

void Field::wrong_type(std::string_view expected) const {
  if (node->kind == Node::Kind::Null) {
    error(fmt::format("expected {}, found nothing: give it a value or remove the key", expected));
  } else {
    error(fmt::format("expected {}, found {}", expected, found_kind(*node)));
  }
}

bool is_kind(const Field& field, Node::Kind kind, std::string_view expected) {
  if (field.node->kind == kind) return true;
  field.wrong_type(expected);
  return false;
}

Section::Section(const Field& field) : field_(field) {
  if (field.is_given() && is_kind(field, Node::Kind::Mapping, "a mapping (key: value)")) mapping_ = field.node;
}

Field Section::child(const Entry& entry) const {
  Field field{&entry.value, child_path(field_.path, entry.key), entry.position, field_.report};
  field_.report->place(field.path, field.position);
  return field;
}

std::optional<Field> Section::given(std::string_view key) const {
  if (mapping_ == nullptr) return std::nullopt;
  const auto found = std::ranges::find(mapping_->entries, key, &Entry::key);
  if (found == mapping_->entries.end()) return std::nullopt;
  return child(*found);
}

Field Section::get(std::string_view key) {
  asked_.emplace_back(key);
  if (field_.report != nullptr) field_.report->knows(field_.path, key);
  if (auto found = given(key)) return std::move(*found);
  return {nullptr, child_path(field_.path, key), field_.position, field_.report};
}

Field Section::need(std::string_view key) {
  auto field = get(key);
  if (mapping_ != nullptr && !field.is_given()) field.error(fmt::format("missing: the key {} is required here", key));
  return field;
}

std::vector<std::pair<std::string, Field>> Section::all() {
  std::vector<std::pair<std::string, Field>> fields;
  if (mapping_ == nullptr) return fields;
  for (const auto& entry : mapping_->entries) fields.emplace_back(entry.key, child(entry));
  return fields;
}

// "x-common: &common …" at the top of the document, where Compose's users put what they alias below.
bool Section::is_extension(const Entry& entry) const { return field_.path.empty() && entry.key.starts_with("x-"); }

void Section::finish() {
  if (mapping_ == nullptr) return;
  const std::vector<std::string_view> words{asked_.begin(), asked_.end()};
  for (const auto& entry : mapping_->entries) {
    if (std::ranges::find(words, entry.key) != words.end() || is_extension(entry)) continue;
    auto hint = did_you_mean(entry.key, words);
    // Where a value stands, what looks like a key may be one: a password that begins with { and stands without quotes.
    const bool is_value = std::ranges::find(words, std::string_view{"fromFile"}) != words.end();
    if (is_value && hint.empty()) {
      field_.report->add(
          entry.position, field_.path,
          fmt::format("a key that is not known here; known are {}; a text that begins with {{ wants quotes",
                      fmt::join(words, ", ")));
      continue;
    }
    if (hint.empty()) hint = fmt::format("; known here: {}", fmt::join(words, ", "));
    field_.report->add(entry.position, child_path(field_.path, entry.key),
                       fmt::format("unknown key {}{}", in_quotes(entry.key), hint));
  }
}

bool read_word(const Field& field, std::string_view& out) {
  if (!field.is_given() || !is_kind(field, Node::Kind::Scalar, "a word")) return false;
  out = field.node->text;
  return true;
}

bool read_as_written(const Field& field, std::string& out) {
  if (!field.is_given() || !is_kind(field, Node::Kind::Scalar, "text") || !check_text(field)) return false;
  if (!field.node->quoted && classify(field.node->text) == Plain::Bool) {
    field.error("expected text, but YAML reads this as a truth value: put it in quotes");
    return false;
  }
  out = field.node->text;
  return true;
}

bool read(const Field& field, std::string& out) {
  if (!field.is_given() || !is_kind(field, Node::Kind::Scalar, "text")) return false;
  if (!field.node->quoted && classify(field.node->text) != Plain::Text) {
    field.error(fmt::format("expected text, but YAML reads this as {}: put it in quotes", found_kind(*field.node)));
    return false;
  }
  return read_as_written(field, out);
}

bool read(const Field& field, bool& out) {
  if (!field.is_given()) return false;
  if (field.node->kind == Node::Kind::Scalar && !field.node->quoted) {
    if (const auto value = strict_bool(field.node->text)) return out = *value, true;
    if (classify(field.node->text) == Plain::Bool) {
      field.error(fmt::format("expected true or false, found {}: only these two words are truth values here",
                              in_quotes(field.node->text)));
      return false;
    }
  }
  field.wrong_type("true or false");
  return false;
}

bool read(const Field& field, int& out) {
  if (!field.is_given()) return false;
  if (field.node->kind == Node::Kind::Scalar && !field.node->quoted) {
    if (const auto value = strict_integer(field.node->text)) {
      if (*value < std::numeric_limits<int>::min() || *value > std::numeric_limits<int>::max()) {
        field.error("this number is too large");
        return false;
      }
      return out = static_cast<int>(*value), true;
    }
    if (classify(field.node->text) == Plain::Number) {
      field.error(
          fmt::format("expected a whole number in plain digits (no leading zero, fraction or other base), found {}",
                      in_quotes(field.node->text)));
      return false;
    }
  }
  field.wrong_type(field.node->quoted ? "a whole number without quotes" : "a whole number");
  return false;
}

bool read(const Field& field, double& out) {
  if (!field.is_given()) return false;
  if (field.node->kind == Node::Kind::Scalar && !field.node->quoted) {
    if (const auto value = strict_number(field.node->text)) return out = *value, true;
    if (classify(field.node->text) == Plain::Number) {
      field.error(fmt::format("expected a number such as 0.5 or 2, found {}", in_quotes(field.node->text)));
      return false;
    }
  }
  field.wrong_type(field.node->quoted ? "a number without quotes" : "a number");
  return false;
}

bool read(const Field& field, Duration& out) {
  if (!field.is_given()) return false;
  if (field.node->kind != Node::Kind::Scalar) {
    field.wrong_type("a duration such as 30s");
    return false;
  }
  const auto duration = parse_duration(field.node->text);
  if (!duration) {
    field.error(duration.error().message);
    return false;
  }
  out = *duration;
  return true;
}

std::string expected_one_of(const std::vector<std::string_view>& words, std::string_view found) {
  return fmt::format("{} is not known: expected one of {}{}", in_quotes(found), fmt::join(words, ", "),
                     did_you_mean(found, words));
}

std::optional<Field> open_document(const Node& root, std::string_view kind, Report& report) {
  report.place("", root.position);
  const Field document{&root, "", root.position, &report};
  if (root.kind != Node::Kind::Mapping) {
    document.wrong_type(fmt::format("a document with apiVersion: teal/v1 and kind: {}", kind));
    return std::nullopt;
  }
  Section section{document};
  std::string version;
  std::string found;
  const auto version_field = section.need("apiVersion");
  if (read(version_field, version) && version != "teal/v1") {
    report.add(version_field.position, version_field.path,
               fmt::format("{} is not supported: expected teal/v1", in_quotes(version)),
               "expected apiVersion: teal/v1");
  }
  const auto kind_field = section.need("kind");
  if (read(kind_field, found) && found != kind) {
    report.add(kind_field.position, kind_field.path,
               fmt::format("{} does not belong here: expected kind: {}", in_quotes(found), kind),
               fmt::format("expected kind: {}", kind));
    return std::nullopt;
  }
  report.head_is_read();
  return document;
}

}  // namespace teal::yaml
