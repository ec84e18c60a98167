// Described types as JSON, in the order of their description.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/duration.hpp"
#include "manifests/foundation/words.hpp"
#include "manifests/wire/field.hpp"
#include "manifests/wire/forms.hpp"

namespace teal::wire {

class Encoder;

[[nodiscard]] inline boost::json::string encoded_text(std::string_view text) {
  return boost::json::string{text.data(), text.size()};
}
[[nodiscard]] boost::json::value encoded(double number);  // 2 rather than 2E0

// Overloads for further types stand beside them, or in wire/forms.hpp for those that are not ours.
[[nodiscard]] inline boost::json::value encoded(const std::string& text) { return encoded_text(text); }
[[nodiscard]] inline boost::json::value encoded(Duration time) { return encoded_text(format_duration(time)); }
[[nodiscard]] inline boost::json::value encoded(Time time) { return encoded_text(format_time(time)); }
[[nodiscard]] inline boost::json::value encoded(std::chrono::microseconds time) { return time.count(); }
template <std::integral T>
[[nodiscard]] boost::json::value encoded(T number) {
  return number;
}
template <HasNames E>
[[nodiscard]] boost::json::value encoded(E value) {
  return encoded_text(name_of(value));
}
template <OpenWord T>
[[nodiscard]] boost::json::value encoded(const T& word) {
  return encoded_text(word.text());
}
template <Described<Encoder> T>
[[nodiscard]] boost::json::value encoded(const T& value);
template <class T>
[[nodiscard]] boost::json::value encoded(const std::vector<T>& list);
template <class T>
[[nodiscard]] boost::json::value encoded(const std::map<std::string, T>& map);

class Encoder : public Visitor {
 public:
  [[nodiscard]] boost::json::object take() { return std::move(object_); }

  template <class T>
  void operator()(std::string_view name, const T& member, const About& about = {}) {
    if (is_given(member, about)) put(name, encoded(member));
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& member, const About& about = {}) {
    if (member && about.when) put(name, encoded(*member));
  }
  template <class T, class Format>
  void operator()(std::string_view name, const T& member, const About& about, const Format& format) {
    if (is_given(member, about)) put(name, format.encode(member));
  }
  template <class T, class Format>
  void operator()(std::string_view name, const std::optional<T>& member, const About& about, const Format& format) {
    if (member && about.when) put(name, format.encode(*member));
  }
  template <class Body>
  void group(std::string_view name, const About& about, const Body& body) {
    if (!about.when) return;
    Encoder inner;
    body(inner);
    put(name, inner.take());
  }
  template <class T, class Body>
  void each(std::string_view name, const std::vector<T>& list, const About& about, const Body& body) {
    if (!is_given(list, about)) return;
    boost::json::array array;
    for (const auto& item : list) {
      Encoder inner;
      body(inner, item);
      array.push_back(inner.take());
    }
    put(name, std::move(array));
  }
  void constant(std::string_view name, std::string_view value) { put(name, encoded_text(value)); }
  void type(std::string_view) {}
  void rule(std::string_view) {}
  void only_with(std::string_view, std::string_view, std::string_view) {}

 private:
  template <class T>
  static bool is_given(const T& member, const About& about) {
    return about.when && !(about.omitted && member == T{});
  }
  void put(std::string_view name, boost::json::value value) { object_[name] = std::move(value); }

  boost::json::object object_;
};

template <Described<Encoder> T>
boost::json::value encoded(const T& value) {
  Encoder encoder;
  describe(encoder, value);
  return encoder.take();
}

template <class T>
boost::json::value encoded(const std::vector<T>& list) {
  boost::json::array array;
  array.reserve(list.size());
  for (const auto& item : list) array.push_back(encoded(item));
  return array;
}

template <class T>
boost::json::value encoded(const std::map<std::string, T>& map) {
  boost::json::object object;
  for (const auto& [key, value] : map) object[key] = encoded(value);
  return object;
}

template <class T>
[[nodiscard]] boost::json::object encode(const T& value) {
  Encoder encoder;
  describe(encoder, value);
  return encoder.take();
}

}  // namespace teal::wire
