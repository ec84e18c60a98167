#include "controllers/records/json_patch.hpp"

#include <algorithm>
#include <string>

namespace teal::records {
namespace {

namespace json = boost::json;

std::string escaped(std::string_view key) {
  std::string out;
  for (const char c : key) {
    if (c == '~') {
      out += "~0";
    } else if (c == '/') {
      out += "~1";
    } else {
      out += c;
    }
  }
  return out;
}

// One document at one place: as it is, and as it is shown.
struct Place {
  const json::value* whole;
  const json::value* shown;
};

bool same(Place a, Place b) { return *a.whole == *b.whole && *a.shown == *b.shown; }

bool same_keys(const json::value& whole, const json::value& shown) {
  if (!whole.is_object() || !shown.is_object()) return false;
  const auto& one = whole.get_object();
  const auto& other = shown.get_object();
  return one.size() == other.size() &&
         std::ranges::all_of(one, [&](const auto& member) { return other.contains(member.key()); });
}

bool same_length(const json::value& whole, const json::value& shown) {
  return whole.is_array() && shown.is_array() && whole.get_array().size() == shown.get_array().size();
}

Place member(Place place, std::string_view key) {
  return {&place.whole->get_object().at(key), &place.shown->get_object().at(key)};
}

Place element(Place place, std::size_t i) { return {&place.whole->get_array()[i], &place.shown->get_array()[i]}; }

std::size_t length(Place place) { return place.shown->get_array().size(); }

class Writer {
 public:
  void compare(const std::string& path, Place before, Place after) {
    if (same(before, after)) return;
    const bool objects = same_keys(*before.whole, *before.shown) && same_keys(*after.whole, *after.shown);
    if (objects) return compare_objects(path, before, after);
    const bool arrays = same_length(*before.whole, *before.shown) && same_length(*after.whole, *after.shown);
    if (arrays) return compare_arrays(path, before, after);
    write("replace", path, after.shown);
  }

  json::array take() { return std::move(operations_); }

 private:
  void compare_objects(const std::string& path, Place before, Place after) {
    const auto& was = before.shown->get_object();
    const auto& is = after.shown->get_object();
    for (const auto& each : was) {
      if (!is.contains(each.key())) write("remove", path + "/" + escaped(each.key()), nullptr);
    }
    for (const auto& each : is) {
      const auto place = path + "/" + escaped(each.key());
      if (was.contains(each.key())) {
        compare(place, member(before, each.key()), member(after, each.key()));
      } else {
        write("add", place, &each.value());
      }
    }
  }

  void compare_arrays(const std::string& path, Place before, Place after) {
    const auto shorter = std::min(length(before), length(after));
    std::size_t head = 0;
    while (head < shorter && same(element(before, head), element(after, head))) ++head;
    std::size_t tail = 0;
    while (tail < shorter - head &&
           same(element(before, length(before) - 1 - tail), element(after, length(after) - 1 - tail))) {
      ++tail;
    }
    const auto was = length(before) - tail;
    const auto is = length(after) - tail;
    const auto at = [&](std::size_t i) { return path + "/" + std::to_string(i); };
    for (auto i = head; i < std::min(was, is); ++i) compare(at(i), element(before, i), element(after, i));
    for (auto i = was; i > is; --i) write("remove", at(i - 1), nullptr);
    for (auto i = was; i < is; ++i) write("add", at(i), element(after, i).shown);
  }

  void write(const char* what, const std::string& path, const json::value* value) {
    json::object operation;
    operation["op"] = what;
    operation["path"] = json::string_view{path};
    if (value != nullptr) operation["value"] = *value;
    operations_.push_back(std::move(operation));
  }

  json::array operations_;
};

}  // namespace

json::array json_patch(const JsonView& before, const JsonView& after) {
  Writer writer;
  writer.compare("", {&before.whole, &before.shown}, {&after.whole, &after.shown});
  return writer.take();
}

}  // namespace teal::records
