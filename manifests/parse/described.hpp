// Reads described types (manifests/wire/field.hpp) from YAML: absent fields keep their default, and invalid or unknown
// ones are in the report with their position.
#pragma once

#include "manifests/parse/reader.hpp"
#include "manifests/wire/field.hpp"

namespace teal::yaml {

class DescribedReader;

template <wire::Described<DescribedReader> T>
bool read(const Field& field, T& out);

class DescribedReader : public wire::Visitor {
 public:
  explicit DescribedReader(const Field& field) : section_(field) {}

  template <class T>
  void operator()(std::string_view name, T& member, const wire::About& about = {}) {
    read(asked(name, about), member);
  }
  void operator()(std::string_view name, std::string& member, const wire::About& about) {
    const auto field = asked(name, about);
    const bool is_read = about.as_written ? read_as_written(field, member) : read(field, member);
    if (is_read && member.empty() && !about.if_empty.empty()) field.error(std::string{about.if_empty});
  }
  void operator()(std::string_view name, std::optional<std::string>& member, const wire::About& about) {
    std::string text;
    const auto field = asked(name, about);
    if (about.as_written ? read_as_written(field, text) : read(field, text)) member = std::move(text);
  }
  template <class T>
  void operator()(std::string_view name, std::vector<T>& member, const wire::About& about = {}) {
    const auto field = asked(name, about);
    if (field.is_given()) member.clear();
    const auto one = [&](const Field& item, T& value) {
      if constexpr (std::same_as<T, std::string>) {
        if (about.as_written) return static_cast<void>(read_as_written(item, value));
      }
      read(item, value);
    };
    read_items(field, member, one);
  }
  template <class T, class Format>
  void operator()(std::string_view name, T& member, const wire::About& about, const Format& format) {
    read(asked(name, about), member, format);
  }
  template <class Body>
  void group(std::string_view name, const wire::About& about, const Body& body) {
    DescribedReader inner{asked(name, about)};
    body(inner);
    inner.finish();
  }
  template <class T, class Body>
  void each(std::string_view name, std::vector<T>& list, const wire::About& about, const Body& body) {
    const auto one = [&](const Field& item, T& value) {
      DescribedReader inner{item};
      body(inner, value);
      inner.finish();
    };
    read_items(asked(name, about), list, one);
  }
  void only_with(std::string_view name, std::string_view other, std::string_view says) {
    const auto given = section_.given(name);
    if (given && !section_.given(other)) given->error(std::string{says});
  }
  void constant(std::string_view name, std::string_view) { static_cast<void>(section_.get(name)); }
  void type(std::string_view) {}
  void rule(std::string_view) {}

  // Whether there was a mapping.
  bool finish() {
    section_.finish();
    return section_.is_mapping();
  }

 private:
  Field asked(std::string_view name, const wire::About& about) {
    return about.required ? section_.need(name) : section_.get(name);
  }

  Section section_;
};

template <wire::Described<DescribedReader> T>
bool read(const Field& field, T& out) {
  DescribedReader reader{field};
  describe(reader, out);
  return reader.finish();
}

}  // namespace teal::yaml
