#include "daemon/api/yaml_document.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "manifests/parse/scalar.hpp"
#include "manifests/parse/tree.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

json::value scalar_value(const yaml::Node& node) {
  if (node.quoted) return json::string{node.text};
  if (node.text == "null" || node.text == "~") return nullptr;
  if (const auto truth = yaml::strict_bool(node.text)) return *truth;
  if (const auto whole = yaml::strict_integer(node.text)) return *whole;
  const auto number = yaml::strict_number(node.text);
  if (number && fmt::format("{}", *number) == node.text) return *number;
  return json::string{node.text};
}

// The tree is at most 64 deep, so is this.
json::value value_of(const yaml::Node& node) {
  switch (node.kind) {
    case yaml::Node::Kind::Null:
      return nullptr;
    case yaml::Node::Kind::Scalar:
      return scalar_value(node);
    case yaml::Node::Kind::Sequence: {
      json::array array;
      for (const auto& item : node.items) array.push_back(value_of(item));
      return array;
    }
    case yaml::Node::Kind::Mapping: {
      json::object object;
      for (const auto& entry : node.entries) object[entry.key] = value_of(entry.value);
      return object;
    }
  }
  return nullptr;
}

}  // namespace

Result<json::value> yaml_document(std::string_view text) {
  yaml::Report report{"request body"};
  const auto tree = yaml::load_tree(text, report);
  const auto diagnostics = report.take();
  if (!tree || !diagnostics.empty()) return Error{ErrorCode::invalid, to_string(diagnostics)};
  return value_of(*tree);
}

}  // namespace teal::api
