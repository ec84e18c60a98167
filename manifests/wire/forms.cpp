#include "manifests/wire/forms.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <cstdio>

#include "manifests/spec/quantity.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::wire {

namespace json = boost::json;
using wire::encoded_text;

json::value encoded(const spec::ValueSource& source) {
  switch (source.kind) {
    case spec::ValueSource::Kind::Literal:
      return encoded_text(source.text);
    case spec::ValueSource::Kind::File:
      return json::object{{"fromFile", encoded_text(source.text)}};
    case spec::ValueSource::Kind::Environment:
      return json::object{{"fromEnv", encoded_text(source.text)}};
    case spec::ValueSource::Kind::Exec: {
      json::object object{{"fromExec", wire::encoded(source.command)}};
      if (!source.env.empty()) object["env"] = wire::encoded(source.env);
      return object;
    }
  }
  return nullptr;
}

void decode(const Place& place, spec::ValueSource& out) {
  if (place.value().is_string()) {
    out.kind = spec::ValueSource::Kind::Literal;
    return wire::decode(place, out.text);
  }
  const auto* object = place.object();
  if (object == nullptr) return;
  if (const auto* file = object->if_contains("fromFile")) {
    out.kind = spec::ValueSource::Kind::File;
    return wire::decode(place.member("fromFile", *file), out.text);
  }
  if (const auto* variable = object->if_contains("fromEnv")) {
    out.kind = spec::ValueSource::Kind::Environment;
    return wire::decode(place.member("fromEnv", *variable), out.text);
  }
  const auto* program = object->if_contains("fromExec");
  if (program == nullptr) return place.fail("is a source of values that this teald does not know");
  out.kind = spec::ValueSource::Kind::Exec;
  wire::decode(place.member("fromExec", *program), out.command);
  if (const auto* env = object->if_contains("env")) wire::decode(place.member("env", *env), out.env);
}

json::value encoded(const spec::StatusRange& range) {
  return encoded_text(fmt::format("{}-{}", range.first, range.last));
}

void decode(const Place& place, spec::StatusRange& out) {
  const auto text = place.text();
  if (!text) return;
  spec::StatusRange range;
  if (std::sscanf(std::string{*text}.c_str(), "%d-%d", &range.first, &range.last) != 2)
    return place.fail("is no range of statuses");
  out = range;
}

json::value encoded(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15) return static_cast<std::int64_t>(number);
  return number;
}

json::value Clock::encode(int minutes) { return encoded_text(fmt::format("{:02}:{:02}", minutes / 60, minutes % 60)); }

void Clock::decode(const Place& place, int& out) {
  const auto text = place.text();
  if (!text) return;
  int hours = 0;
  int minutes = 0;
  if (std::sscanf(std::string{*text}.c_str(), "%d:%d", &hours, &minutes) != 2) return place.fail("is no time of day");
  out = hours * 60 + minutes;
}

json::value Memory::encode(std::int64_t bytes) { return encoded_text(spec::format_memory(bytes)); }

void Memory::decode(const Place& place, std::optional<std::int64_t>& out) {
  const auto text = place.text();
  if (!text) return;
  const auto bytes = spec::parse_memory(*text);
  if (!bytes) return place.fail("is no amount of memory");
  out = *bytes;
}

json::value JsonByPointer::encode(const std::map<std::string, std::string>& values) {
  json::object object;
  for (const auto& [pointer, value] : values) object[pointer] = json::parse(value);
  return object;
}

void JsonByPointer::decode(const Place& place, std::map<std::string, std::string>& out) {
  const auto* object = place.object();
  if (object == nullptr) return;
  out.clear();
  for (const auto& [pointer, value] : *object) out[std::string{pointer}] = json::serialize(value);
}

json::value Capabilities::encode(const std::vector<std::string>& names) { return encoded(names); }

void Capabilities::decode(const Place& place, std::vector<std::string>& out) { wire::decode(place, out); }

std::string_view forms_schema() {
  return R"json({
    "text": {"type": "string", "maxLength": 65536, "pattern": "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$"},
    "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", "description": "RFC 1123 label"},
    "labels": {
      "type": "object", "maxProperties": 100,
      "propertyNames": {"pattern": "^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"},
      "additionalProperties": {"type": "string", "pattern": "^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$"}
    },
    "duration": {
      "type": "string", "pattern": "^(0|(([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|ms|s|m|h))+)$",
      "description": "Go style: 500ms, 2s, 15m, 1h30m"
    },
    "tag": {"type": ["string", "number"], "minimum": 0, "pattern": "^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$"},
    "image": {
      "type": "string", "maxLength": 255,
      "pattern": "^([A-Za-z0-9._-]+(:[0-9]+)?/)?[a-z0-9]+([._-]+[a-z0-9]+)*(/[a-z0-9]+([._-]+[a-z0-9]+)*)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$"
    },
    "version": {
      "type": ["string", "number"], "minimum": 0,
      "pattern": "^[vV]?[0-9]{1,18}(\\.[0-9]{1,18})*(-[0-9A-Za-z_-]+(\\.[0-9A-Za-z_-]+)*)?(\\+.+)?$"
    },
    "absolutePath": {"type": "string", "maxLength": 4096, "pattern": "^/[^\\u0000-\\u001f\\u007f]*$"},
    "mountPath": {"type": "string", "maxLength": 4096, "pattern": "^/[^\\u0000-\\u001f\\u007f:]*$"},
    "databaseName": {"type": "string", "pattern": "^[^\\u0000-\\u001f\\u007f]{1,63}$"},
    "loadBalancerName": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,102}$"},
    "container": {"type": "string", "maxLength": 253, "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]+$"},
    "balancerServer": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,102}/[A-Za-z0-9._:-]{1,102}$"},
    "routeHost": {
      "type": "string", "maxLength": 253,
      "pattern": "^(\\*\\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$"
    },
    "routePath": {"type": "string", "maxLength": 1024, "pattern": "^/([A-Za-z0-9._~@:+=,-]+(/[A-Za-z0-9._~@:+=,-]+)*/?)?$"},
    "plainValue": {
      "description": "a text, a file or a variable",
      "anyOf": [
        {"$ref": "#/$defs/text"},
        {
          "type": "object", "additionalProperties": false, "required": ["fromFile"],
          "properties": {"fromFile": {
            "type": "string", "maxLength": 4096,
            "pattern": "^(/[^\\u0000-\\u001f\\u007f]*|(\\$(CREDENTIALS_DIRECTORY|\\{CREDENTIALS_DIRECTORY\\})/)?[A-Za-z0-9._-]{1,255})$",
            "description": "an absolute path, or the name of a systemd credential of teald's service"
          }}
        },
        {
          "type": "object", "additionalProperties": false, "required": ["fromEnv"],
          "properties": {"fromEnv": {
            "type": "string", "pattern": "^[A-Za-z_.-][A-Za-z0-9_.-]{0,255}$",
            "description": "a variable of teald's own environment"
          }}
        }
      ]
    },
    "value": {
      "description": "a text, or where to read it from",
      "anyOf": [
        {"$ref": "#/$defs/plainValue"},
        {
          "type": "object", "additionalProperties": false, "required": ["fromExec"],
          "properties": {
            "fromExec": {"$ref": "#/$defs/program"},
            "env": {
              "type": "object", "maxProperties": 1000,
              "description": "what the program gets beside PATH, HOME and LANG",
              "propertyNames": {"pattern": "^[A-Za-z_.-][A-Za-z0-9_.-]{0,255}$"},
              "additionalProperties": {"$ref": "#/$defs/plainValue"}
            }
          }
        }
      ]
    },
    "secret": {
      "description": "where to read it from; never the text itself",
      "allOf": [{"$ref": "#/$defs/value"}, {"type": "object"}]
    },
    "environment": {
      "type": "object", "maxProperties": 1000,
      "propertyNames": {"pattern": "^[A-Za-z_.-][A-Za-z0-9_.-]{0,255}$"},
      "additionalProperties": {"$ref": "#/$defs/value"}
    },
    "command": {
      "type": "array", "maxItems": 1000,
      "prefixItems": [{"allOf": [{"$ref": "#/$defs/text"}, {"minLength": 1}]}],
      "items": {"$ref": "#/$defs/text"}
    },
    "program": {"allOf": [{"$ref": "#/$defs/command"}, {"minItems": 1}]},
    "capabilities": {
      "type": "array", "maxItems": 1000, "items": {"type": "string", "pattern": "^([Cc][Aa][Pp]_)?[A-Za-z_]+$"}
    },
    "statuses": {
      "anyOf": [
        {"type": "string", "pattern": "^[1-5][0-9][0-9](-[1-5][0-9][0-9])?$"},
        {"type": "integer", "minimum": 100, "maximum": 599}
      ]
    }
  })json";
}

}  // namespace teal::wire
