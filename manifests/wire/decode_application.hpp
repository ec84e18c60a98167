// Reads an application from JSON that Teal has written: as leniently as wire/decode.hpp, without validation.
#pragma once

#include "manifests/spec/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal::wire {

void decode(const Place& place, spec::Application& out);

}  // namespace teal::wire
