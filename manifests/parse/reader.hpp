// Reads typed values out of a tree and says everything that is wrong on the way, not only the first thing.
//
//   Section section{field};                  // a mapping
//   read(section.get("replicas"), replicas); // left at its default when absent
//   read(section.need("name"), name);        // an error when absent
//   section.finish();                        // names the keys that nobody asked for
//
// `read` returns whether the value was there and right. A struct is read by an overload of `read` beside it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/foundation/words.hpp"
#include "manifests/parse/report.hpp"
#include "manifests/parse/tree.hpp"

namespace teal::yaml {

// A place where a value may be. Errors about it point to its key, or to itself in a list.
struct Field {
  const Node* node = nullptr;  // null: absent
  std::string path;
  Position position;
  Report* report = nullptr;

  [[nodiscard]] bool is_given() const { return node != nullptr; }
  void error(std::string message) const { report->add(position, path, std::move(message)); }
  // "expected …, found a list"; the value itself is not shown, since it may be a secret.
  void wrong_type(std::string_view expected) const;
};

// Whether the field holds such a thing; if it holds another, that is an error.
[[nodiscard]] bool is_kind(const Field& field, Node::Kind kind, std::string_view expected);

class Section {
 public:
  explicit Section(const Field& field);

  [[nodiscard]] Field get(std::string_view key);
  [[nodiscard]] Field need(std::string_view key);
  // What stands there, for a second look at it.
  [[nodiscard]] std::optional<Field> given(std::string_view key) const;
  // All of its entries, for mappings whose keys are the user's own.
  [[nodiscard]] std::vector<std::pair<std::string, Field>> all();
  void finish();

  [[nodiscard]] bool is_mapping() const { return mapping_ != nullptr; }

 private:
  Field child(const Entry& entry) const;
  bool is_extension(const Entry& entry) const;

  const Node* mapping_ = nullptr;  // null: absent or no mapping, and reported
  Field field_;
  std::vector<std::string> asked_;
};

// Text; a word that YAML readers take for a number, a truth value or nothing must be quoted.
bool read(const Field& field, std::string& out);
// A version, or another word whose look is nobody's business: as written, `1.10` stays "1.10".
bool read_as_written(const Field& field, std::string& out);
bool read(const Field& field, bool& out);
bool read(const Field& field, int& out);
bool read(const Field& field, double& out);
bool read(const Field& field, Duration& out);
bool read_word(const Field& field, std::string_view& out);  // for enums: a scalar, quoted or not

// "expected one of A, B, C; did you mean B?"
[[nodiscard]] std::string expected_one_of(const std::vector<std::string_view>& words, std::string_view found);

template <HasNames E>
bool read(const Field& field, E& out) {
  std::string_view word;
  if (!read_word(field, word)) return false;
  std::vector<std::string_view> words;
  for (const auto& name : names_of(E{})) {
    if (name.text == word) return out = name.value, true;
    words.push_back(name.text);
  }
  field.error(expected_one_of(words, word));
  return false;
}

// The overloads below are templates over element types whose `read` is found beside the type.
inline constexpr std::size_t longest_list = 1000;

// Calls `read_item` with each element of a list, in its place. Whether there is a list, and not too long a one.
template <class ReadItem>
bool each_item(const Field& field, ReadItem read_item) {
  if (!field.is_given() || !is_kind(field, Node::Kind::Sequence, "a list")) return false;
  if (field.node->items.size() > longest_list) {
    field.error("expected at most 1000 items");
    return false;
  }
  for (std::size_t i = 0; i < field.node->items.size(); ++i) {
    const auto& item = field.node->items[i];
    const Field element{&item, item_path(field.path, i), item.position, field.report};
    field.report->place(element.path, element.position);
    read_item(element);
  }
  return true;
}

// `one(item, value)` reads an item.
template <class T, class One>
bool read_items(const Field& field, std::vector<T>& out, const One& one) {
  return each_item(field, [&](const Field& item) { one(item, out.emplace_back()); });
}

template <class T>
bool read(const Field& field, std::vector<T>& out) {
  return read_items(field, out, [](const Field& item, T& value) { read(item, value); });
}

template <class T>
bool read(const Field& field, std::map<std::string, T>& out) {
  if (!field.is_given() || !is_kind(field, Node::Kind::Mapping, "a mapping (key: value)")) return false;
  Section section{field};
  for (const auto& [key, value] : section.all()) read(value, out[key]);
  return true;
}

template <class T>
bool read(const Field& field, std::optional<T>& out) {
  if (!field.is_given()) return false;
  T value{};
  if (!read(field, value)) return false;
  out = std::move(value);
  return true;
}

// The document's root, when its apiVersion is teal/v1 and its kind is the one given; else the errors are in the report.
[[nodiscard]] std::optional<Field> open_document(const Node& root, std::string_view kind, Report& report);

}  // namespace teal::yaml
