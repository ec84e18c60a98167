// Fields of what the API shows whose JSON does not follow from their type (manifests/wire/field.hpp, formats). Records
// include this, so JSON is only named here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/time.hpp"
#include "manifests/foundation/words.hpp"

namespace boost::json {
class array;
class value;
}  // namespace boost::json

namespace teal::wire {

class Place;
void decode(const Place& place, std::string& out);

// [{"message": "…"}]
struct Messages {
  static constexpr std::string_view schema =
      R"({"type": "array", "items": {"type": "object", "properties": {"message": {"type": "string"}}}})";

  [[nodiscard]] static boost::json::value encode(const std::vector<std::string>& messages);
  static void decode(const Place& place, std::vector<std::string>& out);
};

// Any text.
struct Text {
  static constexpr std::string_view schema = R"({"type": "string"})";

  [[nodiscard]] static boost::json::value encode(const std::string& text);
};

// A name whose key says what it is the name of.
template <class Flag>
struct NameByKey : Text {
  Flag& flag;
  bool value;

  NameByKey(Flag& its_flag, bool its_value) : flag(its_flag), value(its_value) {}
  void decode(const Place& place, std::string& out) const {
    flag = value;
    wire::decode(place, out);
  }
};

// 2.15
struct Seconds {
  static constexpr std::string_view schema = R"({"type": "number"})";

  [[nodiscard]] static boost::json::value encode(Duration time);
  static void decode(const Place& place, Duration& out);
};

// A JSON patch (RFC 6902), as it is.
struct Patch {
  static constexpr std::string_view schema =
      R"({"type": "array", "items": {"type": "object", "required": ["op", "path"],
          "properties": {"op": {"type": "string"}, "path": {"type": "string"}, "value": {}}}})";

  [[nodiscard]] static boost::json::value encode(const boost::json::array& operations);
  static void decode(const Place& place, boost::json::array& out);
};

[[nodiscard]] std::string schema_of_words(const std::vector<std::string_view>& words);

// A text that is one of an enum's words, or one that a later release has.
template <HasNames E>
struct WordOf : Text {
  static inline const std::string schema = schema_of_words(words_of<E>());

  static void decode(const Place& place, std::string& out) { wire::decode(place, out); }
};

}  // namespace teal::wire
