#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "manifests/parse/fields.hpp"
#include "manifests/parse/scalar.hpp"
#include "manifests/quantity.hpp"
#include "manifests/text_rules.hpp"

namespace teal {

using yaml::Node;
using yaml::Section;

namespace {

// "200-299", or one status alone.
bool read(const yaml::Field& field, StatusRange& out) {
  std::string text;
  if (!yaml::read_as_written(field, text)) return false;
  const auto dash = text.find('-');
  const auto first = yaml::strict_integer(text.substr(0, dash));
  const auto last = dash == std::string::npos ? first : yaml::strict_integer(text.substr(dash + 1));
  if (!first || !last || *first < 100 || *last > 599 || *first > *last) {
    field.error(
        fmt::format("{} is not a range of HTTP statuses: expected text like 200-299 or 204", yaml::quoted(text)));
    return false;
  }
  out.first = static_cast<int>(*first);
  out.last = static_cast<int>(*last);
  return true;
}

boost::json::value scalar_to_json(const yaml::Field& field) {
  const auto& node = *field.node;
  if (has_control_character(node.text)) field.error("control characters are not allowed");
  if (node.quoted) return boost::json::string{node.text};
  if (node.text == "null" || node.text == "~") return nullptr;
  if (const auto truth = yaml::strict_bool(node.text)) return *truth;
  if (const auto whole = yaml::strict_integer(node.text)) return *whole;
  if (const auto number = yaml::strict_number(node.text)) return *number;
  if (yaml::classify(node.text) != yaml::Plain::Text) {
    field.error("readers of YAML differ on what this is: write true, false or a plain number, or put it in quotes");
  }
  return boost::json::string{node.text};
}

// The tree is at most 64 deep, so is this.
boost::json::value node_to_json(const yaml::Field& field) {
  switch (field.node->kind) {
    case Node::Kind::Null:
      return nullptr;
    case Node::Kind::Scalar:
      return scalar_to_json(field);
    case Node::Kind::Sequence: {
      boost::json::array array;
      for (const auto& item : field.node->items) {
        array.push_back(node_to_json({&item, yaml::item_path(field.path, array.size()), item.position, field.report}));
      }
      return array;
    }
    case Node::Kind::Mapping: {
      std::map<std::string, boost::json::value> sorted;
      for (const auto& entry : field.node->entries) {
        sorted[entry.key] =
            node_to_json({&entry.value, yaml::child_path(field.path, entry.key), entry.position, field.report});
      }
      boost::json::object object;
      for (auto& [key, value] : sorted) object.emplace(key, std::move(value));
      return object;
    }
  }
  return nullptr;
}

void read_expectation(const yaml::Field& field, HealthCheck& out) {
  Section section{field};
  read(section.get("status"), out.expected_status);
  const auto json = section.get("json");
  if (json.is_given()) {
    Section pointers{json};
    for (const auto& [pointer, value] : pointers.all()) {
      out.expected_json[pointer] = boost::json::serialize(node_to_json(value));
    }
  }
  section.finish();
}

bool read(const yaml::Field& field, HealthCheck& out) {
  Section section{field};
  read(section.get("path"), out.path);
  read(section.get("interval"), out.interval);
  read(section.get("timeout"), out.timeout);
  read(section.get("successes"), out.successes);
  read(section.get("failures"), out.failures);
  read(section.get("startup"), out.startup);
  read_expectation(section.get("expect"), out);
  section.finish();
  return section.is_mapping();
}

void read_load_balancer(const yaml::Field& field, std::optional<LoadBalancerUse>& out) {
  Section section{field};
  LoadBalancerUse use;
  read(section.need("name"), use.name);
  read(section.need("backend"), use.backend);
  read(section.get("drain"), use.drain);
  section.finish();
  if (field.is_given()) out = std::move(use);
}

bool read(const yaml::Field& field, Stop& out) {
  Section section{field};
  read(section.get("signal"), out.signal);
  read(section.get("grace"), out.grace);
  section.finish();
  return section.is_mapping();
}

bool read(const yaml::Field& field, Resources& out) {
  Section section{field};
  const auto memory = section.get("memory");
  if (std::string text; yaml::read_as_written(memory, text)) {
    if (const auto bytes = parse_memory(text)) {
      out.memory_bytes = *bytes;
    } else {
      memory.error(bytes.error().message);
    }
  }
  read(section.get("cpus"), out.cpus);
  section.finish();
  return section.is_mapping();
}

}  // namespace

bool read(const yaml::Field& field, Component& out) {
  Section section{field};
  read(section.need("name"), out.name);
  read(section.get("replicas"), out.replicas);
  read(section.get("command"), out.command);
  read(section.get("env"), out.env);
  read(section.get("asFiles"), out.secrets_as_files);
  const auto port = section.get("port");
  read(port, out.port);
  const auto health = section.get("health");
  read(health, out.health);
  if (health.is_given() && !port.is_given())
    health.error("a health check needs a port to ask: give the component a port");
  read_load_balancer(section.get("loadBalancer"), out.load_balancer);
  read(section.get("stop"), out.stop);
  read(section.get("resources"), out.resources);
  read(section.get("mounts"), out.mounts);
  read(section.get("security"), out.security);
  read(section.get("replace"), out.replace);
  section.finish();
  return section.is_mapping();
}

}  // namespace teal
