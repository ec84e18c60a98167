// The rules in a description (manifests/wire/field.hpp): limits, counts and formats of single fields. Rules that relate
// several fields are in the files next to this one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/parse/report.hpp"
#include "manifests/validate/rules.hpp"
#include "manifests/wire/field.hpp"

namespace teal::rules {

class DescribedRules : public wire::Visitor {
 public:
  DescribedRules(Rules& rules, std::string path) : rules_(rules), path_(std::move(path)) {}

  template <class T>
  void operator()(std::string_view name, const T& member, const wire::About& about = {}) {
    if (about.when) check(member, yaml::child_path(path_, name), about);
  }
  template <class T, class Format>
  void operator()(std::string_view, const T&, const wire::About&, const Format&) {}
  template <class Body>
  void group(std::string_view name, const wire::About&, const Body& body) {
    DescribedRules inner{rules_, yaml::child_path(path_, name)};
    body(inner);
  }
  template <class T, class Body>
  void each(std::string_view name, const std::vector<T>& list, const wire::About& about, const Body& body) {
    const auto path = yaml::child_path(path_, name);
    count(list.size(), path, about);
    for (std::size_t i = 0; i < list.size(); ++i) {
      DescribedRules inner{rules_, yaml::item_path(path, i)};
      body(inner, list[i]);
    }
  }
  void constant(std::string_view, std::string_view) {}
  void type(std::string_view) {}
  void rule(std::string_view) {}
  void only_with(std::string_view, std::string_view, std::string_view) {}

 private:
  void check(int value, const std::string& path, const wire::About& about);
  void check(double value, const std::string& path, const wire::About& about);
  void check(Duration value, const std::string& path, const wire::About& about);
  void check(const std::string& text, const std::string& path, const wire::About& about);
  void check(const std::vector<std::string>& list, const std::string& path, const wire::About& about);
  void check(const spec::ValueSource& source, const std::string& path, const wire::About& about);
  void check(const spec::Environment& environment, const std::string& path, const wire::About& about);
  template <class T>
  void check(const std::optional<T>& value, const std::string& path, const wire::About& about) {
    if (value) check(*value, path, about);
  }
  template <class T>
  void check(const std::vector<T>& list, const std::string& path, const wire::About& about) {
    count(list.size(), path, about);
    for (std::size_t i = 0; i < list.size(); ++i) check(list[i], yaml::item_path(path, i), {});
  }
  template <class T>
  void check(const T& value, const std::string& path, const wire::About&) {
    if constexpr (wire::Described<T, DescribedRules>) {
      DescribedRules inner{rules_, path};
      describe(inner, value);
    }
  }
  void count(std::size_t size, const std::string& path, const wire::About& about);
  void form(std::string_view form, const std::string& text, const std::string& path);

  Rules& rules_;
  std::string path_;
};

}  // namespace teal::rules
