#include "manifests/spec/diff.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include "manifests/foundation/digest.hpp"
#include "manifests/parse/report.hpp"
#include "manifests/wire/json.hpp"

namespace teal::spec {
namespace {

namespace json = boost::json;

// A value's source, as json.cpp writes it: an object of this one key, and of `env` beside fromExec.
constexpr std::array<std::string_view, 3> source_keys{"fromFile", "fromEnv", "fromExec"};

std::string_view text_of(const json::string& text) { return {text.data(), text.size()}; }

std::string key_path(const std::string& path, json::string_view key) {
  return yaml::child_path(path, {key.data(), key.size()});
}

bool is_source(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr || object->empty()) return false;
  if (object->size() != 1 && !(object->size() == 2 && object->contains("fromExec") && object->contains("env"))) {
    return false;
  }
  const auto key = object->begin()->key();
  return std::ranges::find(source_keys, std::string_view{key.data(), key.size()}) != source_keys.end();
}

// Two calls of one program: what differs is what it is given.
bool is_same_program(const json::value& from, const json::value& to) {
  const auto* before = from.as_object().if_contains("fromExec");
  const auto* after = to.as_object().if_contains("fromExec");
  return before != nullptr && after != nullptr && *before == *after;
}

// `value` is masked: of a program only its name is there.
std::string describe_source(const json::object& source) {
  const auto& [key, value] = *source.begin();
  if (key == "fromFile") return fmt::format("(file {})", text_of(value.as_string()));
  if (key == "fromEnv") return fmt::format("(environment variable {})", text_of(value.as_string()));
  const auto& command = value.as_array();
  return fmt::format("(output of {})", command.empty() ? std::string_view{} : text_of(command.front().as_string()));
}

bool is_secret(std::string_view path) { return path.find(".credentials.") != std::string_view::npos; }

std::string describe(const json::value* value, std::string_view path) {
  if (value == nullptr) return "(none)";
  if (is_source(*value)) return describe_source(value->as_object());
  if (is_secret(path)) return "(written in the manifest)";
  if (const auto* text = value->if_string()) return std::string{text_of(*text)};
  return json::serialize(*value);
}

std::string name_of(const json::value& item) {
  const auto* object = item.if_object();
  const auto* name = object != nullptr ? object->if_contains("name") : nullptr;
  return name != nullptr && name->is_string() ? std::string{text_of(name->get_string())} : std::string{};
}

bool is_named_list(const json::value& value) {
  const auto* array = value.if_array();
  return array != nullptr &&
         std::ranges::all_of(*array, [](const json::value& item) { return !name_of(item).empty(); });
}

const json::value* find_named(const json::array& list, std::string_view name) {
  const auto found = std::ranges::find_if(list, [&](const json::value& item) { return name_of(item) == name; });
  return found == list.end() ? nullptr : &*found;
}

// The same place of a document as it is, which is compared, and as everybody may see it, which is told.
struct SeenPlace {
  const json::value* real = nullptr;
  const json::value* shown = nullptr;

  [[nodiscard]] bool is_there() const { return real != nullptr; }
  [[nodiscard]] SeenPlace member(json::string_view key) const {
    return {real->get_object().if_contains(key), shown->get_object().if_contains(key)};
  }
  [[nodiscard]] SeenPlace named(std::string_view name) const {
    return {find_named(real->get_array(), name), find_named(shown->get_array(), name)};
  }
};

class Differ {
 public:
  std::vector<FieldChange> changes;

  void compare(const std::string& path, SeenPlace from, SeenPlace to) {
    if (from.is_there() && to.is_there()) {
      if (*from.real == *to.real) return;
      const bool are_objects = from.real->is_object() && to.real->is_object();
      if (are_objects && ((!is_source(*from.real) && !is_source(*to.real)) || is_same_program(*from.real, *to.real))) {
        return compare_objects(path, from, to);
      }
      if (is_named_list(*from.real) && is_named_list(*to.real)) return compare_lists(path, from, to);
    }
    changes.push_back({path, describe(from.shown, path), describe(to.shown, path)});
  }

 private:
  void compare_objects(const std::string& path, SeenPlace from, SeenPlace to) {
    for (const auto& [key, value] : from.real->get_object())
      compare(key_path(path, key), from.member(key), to.member(key));
    for (const auto& [key, value] : to.real->get_object()) {
      if (!from.member(key).is_there()) compare(key_path(path, key), {}, to.member(key));
    }
  }

  void compare_lists(const std::string& path, SeenPlace from, SeenPlace to) {
    const auto before = changes.size();
    for (const auto& item : from.real->get_array()) {
      const auto name = name_of(item);
      const auto where = fmt::format("{}[{}]", path, name);
      if (to.named(name).is_there()) {
        compare(where, from.named(name), to.named(name));
      } else {
        changes.push_back({where, "(present)", "(none)"});
      }
    }
    for (const auto& item : to.real->get_array()) {
      if (!from.named(name_of(item)).is_there()) {
        changes.push_back({fmt::format("{}[{}]", path, name_of(item)), "(none)", "(new)"});
      }
    }
    // Only the order differs.
    if (changes.size() == before) changes.push_back({path, order(from.real->get_array()), order(to.real->get_array())});
  }

  static std::string order(const json::array& list) {
    std::vector<std::string> names;
    for (const auto& item : list) names.push_back(name_of(item));
    return fmt::format("{}", fmt::join(names, ", "));
  }
};

// The canonical JSON of what makes a revision.
json::object revision_template(const ApplicationSpec& spec) {
  auto object = wire::to_json(spec);
  for (const auto* key : {"pullPolicy", "rollout", "upgradePolicy", "restartOnChange", "suspend", "adopt"})
    object.erase(key);
  auto& migration = object.at("migration").as_object();
  for (const auto* key : {"timeout", "killAfter", "attempts", "idempotent", "strictCredentials"}) migration.erase(key);
  if (auto* hooks = object.if_contains("hooks")) {
    for (auto& [point, jobs] : hooks->as_object()) {
      for (auto& job : jobs.as_array()) job.as_object().erase("killAfter");
    }
  }
  for (auto& component : object.at("components").as_array()) {
    auto& its = component.as_object();
    its.erase("replicas");
    if (auto* use = its.if_contains("loadBalancer")) use->as_object().erase("routes");
  }
  return object;
}

}  // namespace

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::None:
      return "None";
    case ChangeKind::InPlace:
      return "InPlace";
    case ChangeKind::NewRevision:
      return "NewRevision";
  }
  return "None";
}

ChangeKind classify(const ApplicationSpec& from, const ApplicationSpec& to) {
  // What upgrades change, looked at first: this is asked several times a pass.
  if (from.version != to.version || from.image != to.image) return ChangeKind::NewRevision;
  if (from == to) return ChangeKind::None;
  return revision_template(from) == revision_template(to) ? ChangeKind::InPlace : ChangeKind::NewRevision;
}

std::string template_hash(const ApplicationSpec& spec) { return sha256_hex(json::serialize(revision_template(spec))); }

std::vector<FieldChange> diff(const Application& from, const Application& to) {
  Differ differ;
  const json::value before = wire::to_json(from);
  const json::value after = wire::to_json(to);
  const json::value shown_before = wire::to_public_json(from);
  const json::value shown_after = wire::to_public_json(to);
  differ.compare("", {&before, &shown_before}, {&after, &shown_after});
  return std::move(differ.changes);
}

}  // namespace teal::spec
