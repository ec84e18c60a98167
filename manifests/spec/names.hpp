// The words of the contract for the enums that a manifest may hold (manifests/foundation/words.hpp), and for those
// whose words are not the names of their values.
#pragma once

#include "manifests/foundation/words.hpp"
#include "manifests/spec/application.hpp"

namespace teal::spec {

[[nodiscard]] std::span<const Name<SslMode>> names_of(SslMode);

}  // namespace teal::spec
