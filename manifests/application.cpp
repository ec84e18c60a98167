#include "manifests/application.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal {

std::string image_reference(const ApplicationSpec& spec) {
  const auto last = spec.image.find_last_of('/');
  const auto name = std::string_view{spec.image}.substr(last == std::string::npos ? 0 : last + 1);
  if (name.find(':') != std::string_view::npos || name.find('@') != std::string_view::npos) return spec.image;
  return fmt::format("{}:{}", spec.image, spec.version);
}

const Component* find_component(const ApplicationSpec& spec, std::string_view name) {
  const auto found = std::ranges::find(spec.components, name, &Component::name);
  return found == spec.components.end() ? nullptr : &*found;
}

std::string container_name(std::string_view application, std::string_view unit, int revision, int index) {
  return fmt::format("teal-{}-{}-r{}-{}", application, unit, revision, index);
}

}  // namespace teal
