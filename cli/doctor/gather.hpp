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

// Who listens on these ports, of "*:80" and the like; as far as this user may see it.
[[nodiscard]] std::vector<TakenPort> listeners_on(const std::vector<std::string>& addresses);

// Of every *.pem in this folder.
[[nodiscard]] std::vector<CertificateFacts> certificates_in(const std::string& folder);

// Of HAProxy's answer to "show cli level" and to "show backend".
[[nodiscard]] std::string level_in(std::string_view answer);
[[nodiscard]] int backends_in(std::string_view answer);

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
