// Lists of applications, rollouts, events and the audit as tables.
#pragma once

#include <boost/json/array.hpp>

#include "cli/presentation/table.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {

[[nodiscard]] Table table_of_applications(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_rollouts(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_events(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_audit(const boost::json::array& items, bool wide);
// One entry of it by itself, in columns of the usual width; safe to print.
[[nodiscard]] std::string audit_line(const boost::json::value& entry, bool wide, const Screen& screen);

}  // namespace teal::cli
