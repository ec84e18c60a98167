// The words of the contract for the enums that a manifest may hold (manifests/wire/words.hpp), and for those whose
// words are not the names of their values.
#pragma once

#include "manifests/application.hpp"
#include "manifests/wire/words.hpp"

namespace teal {

[[nodiscard]] std::span<const Name<SslMode>> names_of(SslMode);

}  // namespace teal
