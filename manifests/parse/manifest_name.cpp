#include "manifests/parse/manifest_name.hpp"

#include <algorithm>

namespace teal::yaml {
namespace {

bool has_ending(std::string_view name, std::string_view ending) {
  if (name.size() <= ending.size()) return false;
  return std::ranges::equal(name.substr(name.size() - ending.size()), ending, [](char c, char lower) {
    return (c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) == lower;
  });
}

}  // namespace

bool is_manifest_name(std::string_view name) {
  if (name.starts_with('.') || name.starts_with('#')) return false;
  return has_ending(name, ".yaml") || has_ending(name, ".yml");
}

}  // namespace teal::yaml
