// JSON schemas for editors and OpenAPI, generated from the same descriptions that the parser, the store and the API
// use.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/words.hpp"
#include "manifests/spec/application.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/field.hpp"
#include "manifests/wire/forms.hpp"

namespace teal::wire {

class SchemaWriter;

// The $defs so far: those of described types are added where a field has them.
struct Definitions {
  boost::json::object all;
};

[[nodiscard]] boost::json::object reference_to(std::string_view definition);

void put_schema(boost::json::object& out, const bool&, Definitions&);
void put_schema(boost::json::object& out, const double&, Definitions&);
void put_schema(boost::json::object& out, const std::string&, Definitions&);
void put_schema(boost::json::object& out, const Duration&, Definitions&);
void put_schema(boost::json::object& out, const Time&, Definitions&);
void put_schema(boost::json::object& out, const std::map<std::string, std::string>&, Definitions&);
template <std::integral T>
void put_schema(boost::json::object& out, const T&, Definitions&) {
  out["type"] = "integer";
}
template <HasNames E>
void put_schema(boost::json::object& out, const E&, Definitions&) {
  boost::json::array words;
  for (const auto& name : names_of(E{})) words.push_back(encoded_text(name.text));
  out["enum"] = std::move(words);
}
template <OpenWord T>
void put_schema(boost::json::object& out, const T&, Definitions&) {
  out["type"] = "string";
}
template <Described<SchemaWriter> T>
void put_schema(boost::json::object& out, const T&, Definitions& definitions);
template <class T>
void put_schema(boost::json::object& out, const std::vector<T>&, Definitions& definitions) {
  boost::json::object items;
  put_schema(items, T{}, definitions);
  out["type"] = "array";
  out["items"] = std::move(items);
}
template <class T>
void put_schema(boost::json::object& out, const std::optional<T>&, Definitions& definitions) {
  put_schema(out, T{}, definitions);
}

class SchemaWriter : public Visitor {
 public:
  explicit SchemaWriter(Definitions& definitions) : definitions_(definitions) {}

  template <class T>
  void operator()(std::string_view name, const T& member, const About& about = {}) {
    boost::json::object out;
    if (about.form.empty()) put_schema(out, member, definitions_);
    add_limits(out, about);
    put(name, std::move(out), about, default_of(member, about));
  }
  // Its form is one of wire/forms.cpp, of which its type says nothing.
  void operator()(std::string_view name, const std::map<std::string, spec::ValueSource>&, const About& about) {
    refer(name, about);
  }
  void operator()(std::string_view name, const std::map<std::string, std::string>& member, const About& about) {
    boost::json::object out;
    put_schema(out, member, definitions_);
    put(name, about.form.empty() ? std::move(out) : reference_to(about.form), about, nullptr);
  }
  void operator()(std::string_view name, const spec::ValueSource&, const About& about) { refer(name, about); }
  void operator()(std::string_view name, const spec::StatusRange& member, const About& about) {
    put(name, reference_to(about.form), about, encoded(member));
  }
  template <class T, class Format>
  void operator()(std::string_view name, const T&, const About& about, const Format& format) {
    put(name, parsed(format.schema), about, nullptr);
  }
  template <class Body>
  void group(std::string_view name, const About& about, const Body& body) {
    SchemaWriter inner{definitions_};
    body(inner);
    put(name, inner.take(), about, nullptr);
  }
  template <class T, class Body>
  void each(std::string_view name, const std::vector<T>&, const About& about, const Body& body) {
    SchemaWriter inner{definitions_};
    T item{};
    body(inner, item);
    boost::json::object out{{"type", "array"}, {"items", inner.take_as_definition()}};
    add_limits(out, about);
    put(name, std::move(out), about, nullptr);
  }
  void constant(std::string_view name, std::string_view value);
  void type(std::string_view name) { type_ = name; }
  void rule(std::string_view rule);
  void only_with(std::string_view name, std::string_view other, std::string_view says);

  [[nodiscard]] boost::json::object take();
  // Puts it among the definitions, and gives what refers to it.
  [[nodiscard]] boost::json::object take_as_definition();

 private:
  template <class T>
  static boost::json::value default_of(const T& member, const About& about) {
    if (about.required || about.omitted) return nullptr;
    if constexpr (std::integral<T> || HasNames<T> || std::same_as<T, double> || std::same_as<T, Duration>) {
      return encoded(member);
    } else if constexpr (requires { member.empty(); }) {
      return member.empty() ? boost::json::value{nullptr} : encoded(member);
    } else {
      return nullptr;
    }
  }
  static boost::json::object parsed(std::string_view text);
  static void add_limits(boost::json::object& out, const About& about);
  void refer(std::string_view name, const About& about) { put(name, reference_to(about.form), about, nullptr); }
  void put(std::string_view name, boost::json::object schema, const About& about, boost::json::value by_default);

  Definitions& definitions_;
  std::string type_;
  boost::json::array required_;
  boost::json::object properties_;
  boost::json::object only_with_;
  boost::json::object rules_;
};

template <Described<SchemaWriter> T>
void put_schema(boost::json::object& out, const T&, Definitions& definitions) {
  SchemaWriter inner{definitions};
  T sample{};
  describe(inner, sample);
  out = inner.take_as_definition();
}

}  // namespace teal::wire
