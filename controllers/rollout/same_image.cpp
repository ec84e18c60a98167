#include "controllers/rollout/same_image.hpp"

#include <fmt/format.h>

#include <string_view>

namespace teal::rollout {

std::string repository_of(std::string image) {
  if (const auto at = image.find('@'); at != std::string::npos) image.resize(at);
  const auto slash = image.rfind('/');
  const auto colon = image.find(':', slash == std::string::npos ? 0 : slash);
  if (colon != std::string::npos) image.resize(colon);
  return image;
}

std::string same_image_note(const records::Revision& serves, const spec::ApplicationSpec& wanted,
                            const std::string& digest) {
  const auto& before = serves.application.spec;
  if (before.version == wanted.version) return {};
  const auto reference = image_reference(wanted);
  const bool is_same_name = reference == image_reference(before);
  if (digest.empty() ? !is_same_name : digest != serves.image_digest) return {};
  const auto what = fmt::format("nothing new will run: {} is the very image of {}", wanted.version, before.version);
  if (!is_same_name) return fmt::format("{}: {} and {} are one ({})", what, reference, image_reference(before), digest);
  const bool may_move = digest.empty() && reference.find('@') == std::string::npos;
  return fmt::format(
      "{}{}, since spec.image names {} itself and spec.version changes nothing in it: write \"{}\" alone, and the "
      "version is its tag",
      what, may_move ? ", unless its tag has moved" : "", reference, repository_of(reference));
}

}  // namespace teal::rollout
