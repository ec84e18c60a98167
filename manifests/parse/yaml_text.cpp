#include "manifests/parse/yaml_text.hpp"

#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <string_view>

#include "manifests/foundation/text.hpp"

namespace teal::yaml {
namespace {

namespace json = boost::json;

std::string_view view(const auto& text) { return {text.data(), text.size()}; }

bool is_quiet(char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.' || c == '/'; }

// yaml-cpp leaves true, 12 and 1e3 without quotes, which are no strings to whoever reads them. Narrow on purpose:
// everything else is quoted, which is always right.
bool may_stand_plain(std::string_view text) {
  if (text.empty() || !is_letter(text.front()) || !std::ranges::all_of(text, is_quiet)) return false;
  // What YAML 1.1 reads as a boolean or null, in any case.
  constexpr std::array<std::string_view, 9> words{"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  std::string lower{text};
  for (auto& c : lower) c = is_letter(c) ? static_cast<char>(c | 0x20) : c;
  return std::ranges::find(words, lower) == words.end();
}

bool steers_terminals(std::string_view text) {
  while (!text.empty()) {
    if (must_be_shown_as_code(take_character(text).point)) return true;
  }
  return false;
}

void write_string(YAML::Emitter& out, std::string_view text) {
  if (!may_stand_plain(text)) out << YAML::DoubleQuoted;
  if (steers_terminals(text)) out << YAML::EscapeNonAscii;
  out << std::string{text};
}

std::string number(const json::value& value) {
  // As people write it, where that is no longer.
  if (value.is_double() && std::abs(value.get_double()) >= 1e-4 && std::abs(value.get_double()) < 1e15) {
    auto plain = fmt::format("{}", value.get_double());
    return plain.find('.') == plain.npos ? plain + ".0" : plain;
  }
  auto text = json::serialize(value);
  // JSON's 1E20 would be a string in YAML 1.1, which wants 1.0E+20.
  if (const auto exponent = text.find('E'); value.is_double() && exponent != text.npos) {
    if (text[exponent + 1] != '-' && text[exponent + 1] != '+') text.insert(exponent + 1, "+");
    if (text.find('.') == text.npos) text.insert(exponent, ".0");
  }
  return text;
}

// NOLINTNEXTLINE(misc-no-recursion): whoever parsed the value has bounded its depth
void write(YAML::Emitter& out, const json::value& value) {
  if (const auto* object = value.if_object()) {
    if (object->empty()) out << YAML::Flow;
    out << YAML::BeginMap;
    for (const auto& [key, item] : *object) {
      out << YAML::Key;
      write_string(out, view(key));
      out << YAML::Value;
      write(out, item);
    }
    out << YAML::EndMap;
  } else if (const auto* list = value.if_array()) {
    if (list->empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& item : *list) write(out, item);
    out << YAML::EndSeq;
  } else if (const auto* text = value.if_string()) {
    write_string(out, view(*text));
  } else if (value.is_null()) {
    out << YAML::Null;
  } else if (value.is_bool()) {
    out << value.get_bool();
  } else {
    out << number(value);
  }
}

}  // namespace

std::string yaml_text(const json::value& value) {
  YAML::Emitter out;
  out.SetNullFormat(YAML::LowerNull);
  write(out, value);
  return std::string{out.c_str(), out.size()} + '\n';
}

}  // namespace teal::yaml
