// A store as it is, each call of it measured as a request to the dependency "store".
#pragma once

#include <memory>

#include "controllers/ports/store.hpp"
#include "controllers/ports/telemetry.hpp"

namespace teal::runtime {

// `telemetry` outlives it.
[[nodiscard]] std::unique_ptr<ports::Store> measure_store(std::unique_ptr<ports::Store> store,
                                                          ports::Telemetry& telemetry);

}  // namespace teal::runtime
