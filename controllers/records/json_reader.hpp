// Reads a JSON document of ours whose shape is known. The first thing that is wrong is kept with its path, and all
// later reads answer defaults: so a reader is written straight down and asks for the error once, at its end.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal {

class JsonReader;

class JsonDocument {
 public:
  // `what` opens the error's sentence: "rollout record".
  JsonDocument(std::string_view text, std::string what);
  JsonDocument(const JsonDocument&) = delete;
  JsonDocument& operator=(const JsonDocument&) = delete;

  // May not outlive the document.
  [[nodiscard]] JsonReader root();
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  friend class JsonReader;
  boost::json::value value_;
  std::string what_;
  std::optional<Error> error_;
};

class JsonReader {
 public:
  JsonReader(JsonDocument& document, const boost::json::value* value, std::string where);

  [[nodiscard]] bool has(std::string_view key) const;
  [[nodiscard]] std::string text(std::string_view key) const;
  [[nodiscard]] bool flag(std::string_view key) const;
  // Numbers out of the type's range are errors.
  template <class T>
  [[nodiscard]] T number(std::string_view key) const {
    const boost::json::value* value = find(key);
    if (value == nullptr) return {};
    boost::system::error_code error;
    const T parsed = value->template to_number<T>(error);
    if (error) fail(std::string(key) + " is no number in range");
    return error ? T{} : parsed;
  }
  [[nodiscard]] Time time(std::string_view key) const;
  [[nodiscard]] std::optional<Time> optional_time(std::string_view key) const;
  // The value whose to_string is the text.
  template <class E, std::size_t N>
  [[nodiscard]] E one_of(std::string_view key, const E (&all)[N]) const {
    const std::string word = text(key);
    for (const E value : all) {
      if (to_string(value) == word) return value;
    }
    fail(std::string(key) + " is none of the known words");
    return all[0];
  }
  [[nodiscard]] JsonReader child(std::string_view key) const;
  [[nodiscard]] std::vector<JsonReader> items(std::string_view key) const;
  [[nodiscard]] std::vector<std::string> keys() const;

  [[nodiscard]] const boost::json::object* object() const { return object_; }
  [[nodiscard]] const std::string& where() const { return where_; }
  void fail(std::string_view problem) const;

 private:
  [[nodiscard]] const boost::json::value* find(std::string_view key) const;

  JsonDocument* document_;
  const boost::json::object* object_ = nullptr;
  std::string where_;
};

}  // namespace teal
