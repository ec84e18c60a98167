// An application out of JSON that Teal has written: as lenient as wire/decode.hpp says, and no rule is asked.
#pragma once

#include "manifests/spec/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::wire {

void decode(const Place& place, spec::Application& out);

}  // namespace teal::wire
