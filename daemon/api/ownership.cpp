#include "daemon/api/ownership.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <ranges>

#include "daemon/api/annotations.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

std::string plain(json::string_view text) { return {text.data(), text.size()}; }

const json::string* name_of(const json::value& item) {
  const auto* object = item.if_object();
  const auto* name = object == nullptr ? nullptr : object->if_contains("name");
  return name == nullptr ? nullptr : name->if_string();
}

bool is_of_named_things(const json::value& value) {
  const auto* array = value.if_array();
  return array != nullptr && !array->empty() &&
         std::ranges::all_of(*array, [](const json::value& item) { return name_of(item) != nullptr; });
}

bool is_one_field(const json::value& value) {
  if (value.is_array()) return !is_of_named_things(value);
  const auto* object = value.if_object();
  if (object == nullptr || object->empty()) return true;
  return object->contains("fromFile") || object->contains("fromEnv") || object->contains("fromExec");
}

std::string step_of(const json::string& name) { return "k:" + wire::json_text(json::object{{"name", name}}); }

json::value* named_in(json::value& list, std::string_view name) {
  auto* array = list.if_array();
  if (array == nullptr) return nullptr;
  const auto found = std::ranges::find_if(*array, [&](const json::value& item) {
    const auto* its = name_of(item);
    return its != nullptr && std::string_view{*its} == name;
  });
  return found == array->end() ? nullptr : &*found;
}

std::string name_in(std::string_view step) {
  boost::system::error_code error;
  const auto key = json::parse(step.substr(2), error);
  const auto* object = error ? nullptr : key.if_object();
  const auto* name = object == nullptr ? nullptr : object->if_contains("name");
  return name != nullptr && name->is_string() ? plain(name->get_string()) : std::string{};
}

json::value* next_of(json::value& value, const std::string& step) {
  if (step.starts_with("k:")) return named_in(value, name_in(step));
  auto* object = value.if_object();
  return object == nullptr || !step.starts_with("f:") ? nullptr : object->if_contains(std::string_view{step}.substr(2));
}

const json::value* value_at(const json::object& document, const FieldPath& path) {
  json::value* at = nullptr;
  auto& root = const_cast<json::object&>(document);  // only looked at
  for (const auto& step : path) {
    at = at == nullptr ? root.if_contains(std::string_view{step}.substr(2)) : next_of(*at, step);
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool is_same(const json::value* left, const json::value* right) {
  return left == nullptr || right == nullptr ? left == right : *left == *right;
}

bool is_thing(const FieldPath& path) { return path.back().starts_with("k:"); }

void collect(const json::value& value, FieldPath& path, FieldPaths& out) {
  if (is_one_field(value)) {
    out.insert(path);
    return;
  }
  if (const auto* object = value.if_object()) {
    for (const auto& member : *object) {
      path.push_back("f:" + plain(member.key()));
      collect(member.value(), path, out);
      path.pop_back();
    }
    return;
  }
  for (const auto& item : value.as_array()) {
    path.push_back(step_of(*name_of(item)));
    out.insert(path);
    collect(item, path, out);
    path.pop_back();
  }
}

// FieldsV1, there and back.
json::object tree_of(const FieldPaths& paths) {
  json::object tree;
  for (const auto& path : paths) {
    auto* at = &tree;
    for (const auto& step : path) {
      auto& next = (*at)[step];
      if (!next.is_object()) next = json::object{};
      at = &next.as_object();
    }
    if (is_thing(path)) (*at)["."] = json::object{};
  }
  return tree;
}

void read_tree(const json::object& tree, FieldPath& path, FieldPaths& out) {
  if (tree.empty() && !path.empty()) out.insert(path);
  for (const auto& member : tree) {
    const auto step = plain(member.key());
    const auto* below = member.value().if_object();
    if (step == "." && !path.empty()) out.insert(path);
    if (below == nullptr || !(step.starts_with("f:") || step.starts_with("k:"))) continue;
    path.push_back(step);
    read_tree(*below, path, out);
    path.pop_back();
  }
}

std::string text_in(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_string() ? plain(found->get_string()) : std::string{};
}

// ".spec.components[name="api"].replicas"
std::string path_text(const FieldPath& path) {
  std::string text;
  for (const auto& step : path) {
    if (step.starts_with("k:")) {
      text += fmt::format("[name=\"{}\"]", name_in(step));
    } else {
      text += "." + step.substr(2);
    }
  }
  return text;
}

bool is_bookkeeping(const FieldPath& path) {
  return path.size() == 3 && path[1] == "f:annotations" && path[2].substr(2) == ownership_annotation;
}

}  // namespace

FieldPaths fields_of(const json::object& document) {
  FieldPaths out;
  const auto add = [&](const json::object& parent, std::string_view key, FieldPath path) {
    if (const auto* found = parent.if_contains(key); found != nullptr) {
      // An empty map of labels is no field that anybody manages.
      if (found->is_object() && found->get_object().empty()) return;
      collect(*found, path, out);
    }
  };
  if (const auto* metadata = document.if_contains("metadata"); metadata != nullptr && metadata->is_object()) {
    add(metadata->get_object(), "labels", {"f:metadata", "f:labels"});
    add(metadata->get_object(), "annotations", {"f:metadata", "f:annotations"});
  }
  add(document, "spec", {"f:spec"});
  std::erase_if(out, is_bookkeeping);
  return out;
}

Ownership Ownership::of(const json::array& managed_fields) {
  Ownership ownership;
  for (const auto& item : managed_fields) {
    const auto* entry = item.if_object();
    const auto* tree = entry == nullptr ? nullptr : entry->if_contains("fieldsV1");
    if (tree == nullptr || !tree->is_object()) continue;
    Manager one{text_in(*entry, "manager"), text_in(*entry, "operation"), text_in(*entry, "time"), {}};
    FieldPath path;
    read_tree(tree->get_object(), path, one.fields);
    if (!one.name.empty() && !one.fields.empty()) ownership.managers_.push_back(std::move(one));
  }
  return ownership;
}

Ownership Ownership::of_text(std::string_view text) {
  boost::system::error_code error;
  const auto value = json::parse(text, error);
  return error || !value.is_array() ? Ownership{} : of(value.get_array());
}

json::array Ownership::managed_fields() const {
  json::array list;
  for (const auto& one : managers_) {
    list.push_back(json::object{{"manager", wire::encoded_text(one.name)},
                                {"operation", wire::encoded_text(one.operation)},
                                {"apiVersion", "teal/v1"},
                                {"time", wire::encoded_text(one.time)},
                                {"fieldsType", "FieldsV1"},
                                {"fieldsV1", tree_of(one.fields)}});
  }
  return list;
}

std::string Ownership::text() const { return empty() ? std::string{} : wire::json_text(managed_fields()); }

Ownership::Manager& Ownership::manager(const std::string& name, std::string_view operation) {
  const auto found = std::ranges::find_if(
      managers_, [&](const Manager& one) { return one.name == name && one.operation == operation; });
  if (found != managers_.end()) return *found;
  managers_.push_back({name, std::string{operation}, {}, {}});
  return managers_.back();
}

void Ownership::take_away(const Manager* from_all_but, const FieldPaths& fields) {
  for (auto& one : managers_) {
    if (&one == from_all_but) continue;
    std::erase_if(one.fields, [&](const FieldPath& path) { return fields.contains(path); });
  }
}

FieldPaths Ownership::given_up(const std::string& manager, const FieldPaths& applied) const {
  FieldPaths out;
  for (const auto& one : managers_) {
    if (one.name != manager || one.operation != "Apply") continue;
    for (const auto& path : one.fields) {
      const auto has_it = [&](const Manager& other) { return &other != &one && other.fields.contains(path); };
      if (!applied.contains(path) && std::ranges::none_of(managers_, has_it)) out.insert(path);
    }
  }
  return out;
}

std::vector<objects::CauseObject> Ownership::conflicts(const std::string& manager, const FieldPaths& applied,
                                                       const json::object& live, const json::object& wanted) const {
  std::vector<objects::CauseObject> causes;
  for (const auto& one : managers_) {
    if (one.name == manager && one.operation == "Apply") continue;
    // Who goes over from `kubectl apply` to `kubectl apply --server-side` is the same person.
    if (manager == "kubectl" && one.name == "kubectl-client-side-apply") continue;
    for (const auto& path : applied) {
      if (is_thing(path) || !one.fields.contains(path)) continue;
      if (is_same(value_at(live, path), value_at(wanted, path))) continue;
      causes.push_back(
          {"FieldManagerConflict", path_text(path), fmt::format("conflict with \"{}\" using teal/v1", one.name), 0, 0});
    }
  }
  return causes;
}

void Ownership::applied(const std::string& name, const FieldPaths& fields, const json::object& live,
                        const json::object& wanted, const std::string& time) {
  auto& its = manager(name, "Apply");
  FieldPaths taken;
  for (const auto& path : fields) {
    if (!is_thing(path) && !is_same(value_at(live, path), value_at(wanted, path))) taken.insert(path);
  }
  take_away(&its, taken);
  if (its.fields != fields || !taken.empty()) its.time = time;
  its.fields = fields;
  std::erase_if(managers_, [](const Manager& one) { return one.fields.empty(); });
}

void Ownership::updated(const std::string& name, const json::object& live, const json::object& wanted,
                        const std::string& time) {
  const auto before = fields_of(live);
  const auto after = fields_of(wanted);
  FieldPaths changed;
  FieldPaths gone;
  for (const auto& path : after) {
    const bool is_new = !before.contains(path);
    if (is_new || (!is_thing(path) && !is_same(value_at(live, path), value_at(wanted, path)))) changed.insert(path);
  }
  for (const auto& path : before) {
    if (!after.contains(path)) gone.insert(path);
  }
  take_away(nullptr, gone);
  if (!changed.empty()) {
    auto& its = manager(name, "Update");
    take_away(&its, changed);
    its.fields.merge(changed);
    its.time = time;
  }
  std::erase_if(managers_, [](const Manager& one) { return one.fields.empty(); });
}

void merge_applied(json::value& live, const json::value& applied) {
  if (applied.is_object() && applied.get_object().empty() && live.is_object()) return;
  if (is_one_field(applied) || (applied.is_object() && (!live.is_object() || is_one_field(live)))) {
    live = applied;
  } else if (const auto* object = applied.if_object()) {
    for (const auto& member : *object) merge_applied(live.as_object()[member.key()], member.value());
  } else if (!is_of_named_things(live)) {
    live = applied;
  } else {
    for (const auto& item : applied.as_array()) {
      auto* found = named_in(live, std::string_view{*name_of(item)});
      if (found == nullptr) {
        live.as_array().push_back(item);
      } else {
        merge_applied(*found, item);
      }
    }
  }
}

void remove_fields(json::object& document, const FieldPaths& fields) {
  // The longest first: what is below a thing goes before the thing itself.
  for (const auto& path : fields | std::views::reverse) {
    FieldPath above{path.begin(), path.end() - 1};
    auto* parent = above.empty() ? nullptr : const_cast<json::value*>(value_at(document, above));
    if (parent == nullptr) continue;
    if (auto* object = parent->if_object()) {
      object->erase(std::string_view{path.back()}.substr(2));
    } else if (auto* array = parent->if_array(); array != nullptr && is_thing(path)) {
      if (const auto* found = named_in(*parent, name_in(path.back())))
        array->erase(array->begin() + (found - array->data()));
    }
  }
}

}  // namespace teal::api
