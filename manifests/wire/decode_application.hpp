// An application out of JSON that Teal has written: as lenient as wire/decode.hpp says, and no rule is asked.
#pragma once

#include "manifests/application.hpp"
#include "manifests/wire/decode.hpp"

namespace teal {

[[nodiscard]] boost::json::value encoded(const Application& application);
void decode(const wire::Place& place, Application& out);

}  // namespace teal
