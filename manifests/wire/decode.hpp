// Reads described types from JSON that Teal itself has written, in this release or another.
//
// Lenient, without validation: unknown fields are skipped, missing ones get the default of today's struct, and values
// that today's rules would refuse are accepted. Errors are a value of another type than the field's, a name that its
// enum does not have, and a missing field without a default; the first one is kept, with its path.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/duration.hpp"
#include "manifests/foundation/result.hpp"
#include "manifests/foundation/words.hpp"
#include "manifests/wire/field.hpp"

namespace teal::wire {

class Decoder;

// A value, where it stands, and who is told what is wrong with it.
class Place {
 public:
  Place(const boost::json::value& value, std::string path, std::optional<std::string>& problem)
      : value_(&value), path_(std::move(path)), problem_(&problem) {}

  [[nodiscard]] const boost::json::value& value() const { return *value_; }
  // Below it; `value` must live as long as the document.
  [[nodiscard]] Place member(std::string_view name, const boost::json::value& value) const;
  [[nodiscard]] Place item(std::size_t index, const boost::json::value& value) const;
  // "is no text": only the first is kept. The value itself is not shown, it may be a secret.
  void fail(std::string_view what) const;
  // The same place; what is wrong is told somewhere else, and can then be told here, with its path.
  [[nodiscard]] Place telling(std::optional<std::string>& problem) const { return {*value_, path_, problem}; }
  void fail_as(const std::string& problem) const;

  [[nodiscard]] const boost::json::object* object() const;  // null: it is none, and that has been said
  [[nodiscard]] const boost::json::array* array() const;
  [[nodiscard]] std::optional<std::string_view> text() const;

 private:
  const boost::json::value* value_;
  std::string path_;
  std::optional<std::string>* problem_;
};

void decode(const Place& place, bool& out);
void decode(const Place& place, double& out);
void decode(const Place& place, std::string& out);
void decode(const Place& place, Duration& out);
void decode(const Place& place, Time& out);
void decode(const Place& place, std::chrono::microseconds& out);

template <std::integral T>
void decode(const Place& place, T& out) {
  boost::system::error_code error;
  const auto number = place.value().template to_number<T>(error);
  if (error) return place.fail("is no whole number in range");
  out = number;
}

template <HasNames E>
void decode(const Place& place, E& out) {
  const auto text = place.text();
  if (!text) return;
  const auto value = named<E>(*text);
  if (!value) return place.fail("is none of the words that this teald knows");
  out = *value;
}

template <OpenWord T>
void decode(const Place& place, T& out) {
  if (const auto text = place.text()) out = T::named(*text);
}

template <Described<Decoder> T>
void decode(const Place& place, T& out);
template <class T>
void decode(const Place& place, std::vector<T>& out);
template <class T>
void decode(const Place& place, std::map<std::string, T>& out);
// One that cannot be read is none rather than its default.
template <class T>
void decode(const Place& place, std::optional<T>& out);

class Decoder : public Visitor {
 public:
  explicit Decoder(const Place& place) : place_(place), object_(place.object()) {}

  template <class T>
  void operator()(std::string_view name, T& member, const About& about = {}) {
    if (const auto* value = find(name, about)) decode(place_.member(name, *value), member);
  }
  template <class T, class Format>
  void operator()(std::string_view name, T& member, const About& about, const Format& format) {
    if (const auto* value = find(name, about)) format.decode(place_.member(name, *value), member);
  }
  template <class Body>
  void group(std::string_view name, const About& about, const Body& body) {
    const auto* value = find(name, about);
    if (value == nullptr) return;
    Decoder inner{place_.member(name, *value)};
    body(inner);
  }
  template <class T, class Body>
  void each(std::string_view name, std::vector<T>& list, const About& about, const Body& body) {
    const auto* value = find(name, about);
    if (value == nullptr) return;
    const auto place = place_.member(name, *value);
    const auto* array = place.array();
    if (array == nullptr) return;
    list.clear();
    for (const auto& item : *array) {
      Decoder inner{place.item(list.size(), item)};
      body(inner, list.emplace_back());
    }
  }
  void constant(std::string_view, std::string_view) {}
  void type(std::string_view) {}
  void rule(std::string_view) {}
  void only_with(std::string_view, std::string_view, std::string_view) {}

 private:
  [[nodiscard]] const boost::json::value* find(std::string_view name, const About& about) const;

  Place place_;
  const boost::json::object* object_;
};

template <Described<Decoder> T>
void decode(const Place& place, T& out) {
  Decoder decoder{place};
  describe(decoder, out);
}

template <class T>
void decode(const Place& place, std::optional<T>& out) {
  std::optional<std::string> problem;
  T value{};
  decode(place.telling(problem), value);
  if (problem) place.fail_as(*problem);
  const bool has_parts = Described<T, Decoder> || requires { value.begin(); };
  if (!problem || has_parts) out = std::move(value);
}

template <class T>
void decode(const Place& place, std::vector<T>& out) {
  const auto* array = place.array();
  if (array == nullptr) return;
  out.clear();
  for (const auto& item : *array) {
    const auto where = place.item(out.size(), item);
    decode(where, out.emplace_back());
  }
}

template <class T>
void decode(const Place& place, std::map<std::string, T>& out) {
  const auto* object = place.object();
  if (object == nullptr) return;
  out.clear();
  for (const auto& [key, value] : *object) {
    const std::string name{key.data(), key.size()};
    decode(place.member(name, value), out[name]);
  }
}

// `what` opens the sentence of an error: "rollout record". Errors: invalid.
template <class T>
[[nodiscard]] Result<T> decoded(const boost::json::value& value, std::string what) {
  std::optional<std::string> problem;
  T out{};
  decode(Place{value, std::move(what), problem}, out);
  if (problem) return Error{ErrorCode::invalid, std::move(*problem)};
  return out;
}

// For a reader of others' answers that makes do with what there is: what cannot be taken is as the struct makes it.
template <class T>
[[nodiscard]] T taken(const boost::json::value& value) {
  std::optional<std::string> ignored;
  T out{};
  decode(Place{value, "", ignored}, out);
  return out;
}

// Text of at most 64 levels. Errors: invalid.
[[nodiscard]] Result<boost::json::value> parsed_json(std::string_view text, std::string_view what);

}  // namespace teal::wire
