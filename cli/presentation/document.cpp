#include "cli/presentation/document.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "manifests/foundation/text.hpp"
#include "manifests/parse/yaml_text.hpp"

namespace teal::cli {
namespace {

// A JSON text with every character that a terminal would act on as an escape (\u009b); the value stays the same.
std::string escape(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto piece = take_character(json);
    if (!piece.valid) {
      out += "\\ufffd";
    } else if (!must_be_shown_as_code(piece.point)) {
      out += piece.bytes;
    } else if (piece.point < 0x10000) {
      out += fmt::format("\\u{:04x}", piece.point);
    } else {
      const auto beyond = piece.point - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (beyond >> 10U), 0xdc00 + (beyond & 0x3ffU));
    }
  }
  return out;
}

// NOLINTNEXTLINE(misc-no-recursion): the API client's parser bounds the depth
void write_json(const boost::json::value& value, std::size_t depth, std::string& out) {
  const auto line = [&](std::size_t level) { out.append("\n").append(level * 2, ' '); };
  if (value.is_object() && !value.get_object().empty()) {
    char separator = '{';
    for (const auto& [key, item] : value.get_object()) {
      out += separator;
      line(depth + 1);
      out += escape(boost::json::serialize(boost::json::string_view{key})) + ": ";
      write_json(item, depth + 1, out);
      separator = ',';
    }
    line(depth);
    out += '}';
  } else if (value.is_array() && !value.get_array().empty()) {
    char separator = '[';
    for (const auto& item : value.get_array()) {
      out += separator;
      line(depth + 1);
      write_json(item, depth + 1, out);
      separator = ',';
    }
    line(depth);
    out += ']';
  } else {
    out += escape(boost::json::serialize(value));
  }
}

}  // namespace

std::optional<Format> format_named(std::string_view name) {
  if (name == "table") return Format::Table;
  if (name == "wide") return Format::Wide;
  if (name == "json") return Format::Json;
  if (name == "yaml") return Format::Yaml;
  return std::nullopt;
}

std::string render_document(const boost::json::value& value, Format format) {
  if (format == Format::Yaml) return yaml::yaml_text(value);
  std::string out;
  write_json(value, 0, out);
  return out + '\n';
}

}  // namespace teal::cli
