// Lists of applications, rollouts, events and the audit as tables.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string_view>

#include "cli/context.hpp"
#include "cli/presentation/table.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::cli {

[[nodiscard]] Table table_of_applications(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_rollouts(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_events(const boost::json::array& items, bool wide, Time now);
[[nodiscard]] Table table_of_audit(const boost::json::array& items, bool wide);
// One entry of it by itself, in columns of the usual width; safe to print.
[[nodiscard]] std::string audit_line(const boost::json::value& entry, bool wide, const Screen& screen);

using TableOf = Table (*)(const boost::json::array& items, bool wide, Time now);
// Prints a list as the API gave it, or one object of its kind: as a table, or as it came for -o json and yaml. None is
// said to be none. `what`: "applications".
void print_listing(const Context& context, const boost::json::value& answer, std::string_view what, TableOf table);

}  // namespace teal::cli
