// Lists of applications, rollouts and events as tables.
#pragma once

#include <boost/json/array.hpp>

#include "cli/presentation/table.hpp"
#include "manifests/time.hpp"

namespace teal::cli {

[[nodiscard]] Table table_of_applications(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_rollouts(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_events(const boost::json::array& items, bool wide, Time now);

}  // namespace teal::cli
