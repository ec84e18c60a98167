// A new version that is the image of the one before: nothing new would run under its name.
#pragma once

#include <string>

#include "controllers/records/record.hpp"

namespace teal::rollout {

// "registry.example:5000/shop", of that with a tag, a digest or neither.
[[nodiscard]] std::string repository_of(std::string image);

// What to tell people when `wanted`, whose image has this digest (empty: it is not known yet), is another version and
// the same image as what serves; empty otherwise.
[[nodiscard]] std::string same_image_note(const records::Revision& serves, const spec::ApplicationSpec& wanted,
                                          const std::string& digest);

}  // namespace teal::rollout
