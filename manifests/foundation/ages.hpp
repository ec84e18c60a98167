// Durations and ages in human-readable form.
#pragma once

#include <optional>
#include <string>

#include "manifests/foundation/time.hpp"

namespace teal {

// "850ms", "2.1s", "31s", "3m12s", "2h5m", "4d3h"; a negative one (clocks differ) is "0s".
[[nodiscard]] std::string human_duration(Duration duration);

// How long ago, in whole seconds at least: "12s", "3m12s"; empty for no time.
[[nodiscard]] std::string age(std::optional<Time> since, Time now);

// From one time to another, or to now while there is no end; empty without a start.
[[nodiscard]] std::string span(std::optional<Time> from, std::optional<Time> to, Time now);

}  // namespace teal
