// How enums that a manifest may contain are written (manifests/foundation/words.hpp), including those that are not
// written under their C++ names.
#pragma once

#include "manifests/foundation/words.hpp"
#include "manifests/spec/application.hpp"

namespace teal::spec {

[[nodiscard]] std::span<const Name<SslMode>> names_of(SslMode);

}  // namespace teal::spec
