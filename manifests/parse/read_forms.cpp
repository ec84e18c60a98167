#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "manifests/parse/fields.hpp"
#include "manifests/parse/scalar.hpp"
#include "manifests/spec/quantity.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::yaml {

bool read(const Field& field, spec::StatusRange& out) {
  std::string text;
  if (!yaml::read_as_written(field, text)) return false;
  const auto dash = text.find('-');
  const auto first = yaml::strict_integer(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : yaml::strict_integer(text.substr(dash + 1));
  if (!first || !last || *first < 100 || *last > 599 || *first > *last) {
    field.error(
        fmt::format("{} is not a range of HTTP statuses: expected text like 200-299 or 204", yaml::in_quotes(text)));
    return false;
  }
  out.first = static_cast<int>(*first);
  out.last = static_cast<int>(*last);
  return true;
}

namespace {

boost::json::value scalar_to_json(const Field& field) {
  const auto& node = *field.node;
  if (teal::spec::has_control_character(node.text)) field.error("control characters are not allowed");
  if (node.quoted) return boost::json::string{node.text};
  if (node.text == "null" || node.text == "~") return nullptr;
  if (const auto truth = strict_bool(node.text)) return *truth;
  if (const auto whole = strict_integer(node.text)) return *whole;
  if (const auto number = strict_number(node.text)) return *number;
  if (classify(node.text) != Plain::Text) {
    field.error("readers of YAML differ on what this is: write true, false or a plain number, or put it in quotes");
  }
  return boost::json::string{node.text};
}

// The tree is at most 64 deep, so is this.
boost::json::value node_to_json(const Field& field) {
  switch (field.node->kind) {
    case Node::Kind::Null:
      return nullptr;
    case Node::Kind::Scalar:
      return scalar_to_json(field);
    case Node::Kind::Sequence: {
      boost::json::array array;
      for (const auto& item : field.node->items) {
        array.push_back(node_to_json({&item, item_path(field.path, array.size()), item.position, field.report}));
      }
      return array;
    }
    case Node::Kind::Mapping: {
      std::map<std::string, boost::json::value> sorted;
      for (const auto& entry : field.node->entries) {
        sorted[entry.key] =
            node_to_json({&entry.value, child_path(field.path, entry.key), entry.position, field.report});
      }
      boost::json::object object;
      for (auto& [key, value] : sorted) object.emplace(key, std::move(value));
      return object;
    }
  }
  return nullptr;
}

// As Docker and Kubernetes write them: "cap_net_admin" and "NET_ADMIN".
std::string canonical_capability(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return name.starts_with("CAP_") ? name.substr(4) : name;
}

}  // namespace

bool read(const Field& field, int& out, const wire::Clock& clock) {
  std::string text;
  if (!read_as_written(field, text)) return false;
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() == 5 && digit(0) && digit(1) && text[2] == ':' && digit(3) && digit(4)) {
    const int hours = (text[0] - '0') * 10 + (text[1] - '0');
    const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
    if (minutes < 60 && hours * 60 + minutes <= clock.latest) return out = hours * 60 + minutes, true;
  }
  field.error(fmt::format("{} is not a time of day: expected \"HH:MM\" up to \"{:02}:{:02}\"", in_quotes(text),
                          clock.latest / 60, clock.latest % 60));
  return false;
}

bool read(const Field& field, std::optional<std::int64_t>& out, wire::Memory) {
  std::string text;
  if (!read_as_written(field, text)) return false;
  const auto bytes = spec::parse_memory(text);
  if (!bytes) return field.error(bytes.error().message), false;
  out = *bytes;
  return true;
}

bool read(const Field& field, std::map<std::string, std::string>& out, wire::JsonByPointer) {
  if (!field.is_given()) return false;
  Section pointers{field};
  for (const auto& [pointer, value] : pointers.all()) out[pointer] = boost::json::serialize(node_to_json(value));
  return pointers.is_mapping();
}

bool read(const Field& field, std::vector<std::string>& out, wire::Capabilities) {
  std::vector<std::string> written;
  if (!read(field, written)) return false;
  for (std::size_t i = 0; i < written.size(); ++i) {
    auto name = canonical_capability(written[i]);
    if (spec::is_capability(name)) {
      out.push_back(std::move(name));
      continue;
    }
    const auto& item = field.node->items[i];
    const Field place{&item, item_path(field.path, i), item.position, field.report};
    place.error(
        fmt::format("{} is not a capability: expected ALL, or a name of capabilities(7) such as NET_BIND_SERVICE",
                    in_quotes(written[i])));
  }
  std::ranges::sort(out);
  const auto twice = std::ranges::unique(out);
  out.erase(twice.begin(), twice.end());
  return true;
}

}  // namespace teal::yaml
