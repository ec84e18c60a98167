// Fields whose format does not follow from their type: value sources, ranges, times of day, quantities.
//
// A format reads and writes JSON, and `schema` is its JSON schema. The corresponding YAML reader is in manifests/parse.
#pragma once

#include <boost/json/value.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::wire {

// As manifests/wire/json.hpp has it.
[[nodiscard]] boost::json::value encoded(const spec::Application& application);

// A text, or {"fromFile": …}, {"fromEnv": …}, {"fromExec": […], "env": {…}}.
[[nodiscard]] boost::json::value encoded(const spec::ValueSource& source);
void decode(const Place& place, spec::ValueSource& out);

// "200-299"
[[nodiscard]] boost::json::value encoded(const spec::StatusRange& range);
void decode(const Place& place, spec::StatusRange& out);

// "HH:MM", as minutes after midnight.
struct Clock {
  int latest;               // in minutes
  std::string_view schema;  // JSON

  [[nodiscard]] static boost::json::value encode(int minutes);
  static void decode(const Place& place, int& out);
};

// "512Mi", as bytes.
struct Memory {
  static constexpr std::string_view schema =
      R"({"anyOf": [{"type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$"},
                    {"type": "integer", "minimum": 6291456}]})";

  [[nodiscard]] static boost::json::value encode(std::int64_t bytes);
  static void decode(const Place& place, std::optional<std::int64_t>& out);
};

// Any JSON by JSON pointers, as canonical text.
struct JsonByPointer {
  static constexpr std::string_view schema =
      R"({"type": "object", "maxProperties": 100, "propertyNames": {"pattern": "^(/([^~]|~[01])*)?$"},
          "additionalProperties": true})";

  [[nodiscard]] static boost::json::value encode(const std::map<std::string, std::string>& values);
  static void decode(const Place& place, std::map<std::string, std::string>& out);
};

// Names of capabilities, in any of their spellings where people write them.
struct Capabilities {
  static constexpr std::string_view schema = R"({"$ref": "#/$defs/capabilities"})";

  [[nodiscard]] static boost::json::value encode(const std::vector<std::string>& names);
  static void decode(const Place& place, std::vector<std::string>& out);
};

// The forms that `About::form` names, and those above: the $defs of the schema, JSON.
[[nodiscard]] std::string_view forms_schema();

}  // namespace teal::wire
