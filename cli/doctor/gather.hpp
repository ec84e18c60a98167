// Looks at this machine for `teal doctor`. Changes nothing; whatever cannot be found out is left open.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "cli/doctor/facts.hpp"
#include "cli/server.hpp"

namespace teal::cli {

[[nodiscard]] Facts gather(const std::string& config_path, Server& server);

// What the doctor wants of teald.yaml, without judging it: that is `teald --check`'s. Sets config and config_trouble.
void read_doctor_config(std::string_view text, Facts& facts);

// Of `systemctl show`: "LoadState=loaded\nActiveState=active\n…".
struct UnitProperties {
  UnitFacts unit;
  std::string user;
  std::string groups;  // separated by blanks
};
[[nodiscard]] UnitProperties unit_properties(std::string_view text);

// Hosts that an application's manifest names: in its routes, and as Host of its health checks.
[[nodiscard]] std::vector<std::string> hosts_of(const boost::json::value& spec);

}  // namespace teal::cli
