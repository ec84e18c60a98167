#include "cli/presentation/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>

#include "manifests/foundation/text.hpp"

namespace teal::cli {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_quiet(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '/'; }

// Narrow on purpose: everything else is quoted, which is always right.
bool may_stand_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || !std::ranges::all_of(text, is_quiet)) return false;
  // What YAML 1.1 reads as a boolean or null, in any case.
  constexpr std::array<std::string_view, 9> words{"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  std::string lower{text};
  for (auto& c : lower) c = is_letter(c) ? static_cast<char>(c | 0x20) : c;
  return std::ranges::find(words, lower) == words.end();
}

// YAML has no surrogate pairs, JSON no \U.
std::string escape(std::string_view json, bool yaml) {
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
    } else if (yaml) {
      out += fmt::format("\\U{:08x}", piece.point);
    } else {
      const auto beyond = piece.point - 0x10000;
      out += fmt::format("\\u{:04x}\\u{:04x}", 0xd800 + (beyond >> 10U), 0xdc00 + (beyond & 0x3ffU));
    }
  }
  return out;
}

// A JSON string is a double-quoted scalar of YAML as it stands.
std::string scalar(std::string_view text) {
  return may_stand_plain(text) ? std::string{text}
                               : escape(boost::json::serialize(boost::json::string_view{text}), true);
}

std::string scalar(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return scalar(std::string_view{text->data(), text->size()});
  auto text = escape(boost::json::serialize(value), true);  // also "{}" and "[]"
  // JSON's 1E20 would be a string in YAML 1.1, which wants 1.0E+20.
  if (const auto exponent = text.find('E'); value.is_double() && exponent != std::string::npos) {
    if (text[exponent + 1] != '-' && text[exponent + 1] != '+') text.insert(exponent + 1, "+");
    if (text.find('.') == std::string::npos) text.insert(exponent, ".0");
  }
  return text;
}

bool is_block(const boost::json::value& value) {
  return (value.is_object() && !value.get_object().empty()) || (value.is_array() && !value.get_array().empty());
}

// Writes a non-empty map or list, each entry on a line of its own; the caller has indented the first one.
// NOLINTNEXTLINE(misc-no-recursion): the API client's parser bounds the depth
void write_block(const boost::json::value& value, std::size_t indent, std::string& out) {
  bool first = true;
  const auto next = [&] {
    if (!first) out.append(indent, ' ');
    first = false;
  };
  if (const auto* object = value.if_object()) {
    for (const auto& [key, item] : *object) {
      next();
      out += scalar(std::string_view{key.data(), key.size()}) + ':';
      if (is_block(item)) {
        out.append("\n").append(indent + 2, ' ');
        write_block(item, indent + 2, out);
      } else {
        out += ' ' + scalar(item) + '\n';
      }
    }
    return;
  }
  for (const auto& item : value.get_array()) {
    next();
    out += "- ";
    if (is_block(item)) {
      write_block(item, indent + 2, out);
    } else {
      out += scalar(item) + '\n';
    }
  }
}

}  // namespace

std::string to_yaml(const boost::json::value& value) {
  if (!is_block(value)) return scalar(value) + '\n';
  std::string out;
  write_block(value, 0, out);
  return out;
}

std::string escape_json(std::string_view json) { return escape(json, false); }

}  // namespace teal::cli
