#include "daemon/drivers/load_balancers/haproxy/backends.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "manifests/foundation/nearest.hpp"

namespace teal::haproxy {
namespace {

constexpr std::size_t most_named = 20;

std::string_view first_line(std::string_view& text) {
  const auto end = text.find('\n');
  auto line = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

std::string those_that_there_are(std::string_view answer, std::string_view wanted) {
  if (first_line(answer) != "# name") return {};
  std::vector<std::string> names;
  while (!answer.empty()) {
    const auto name = first_line(answer);
    if (check_name("backend", name)) names.emplace_back(name);
  }
  if (names.empty()) return "; it has none";
  const auto hint = suggestion(wanted, names);
  const bool is_long = names.size() > most_named;
  if (is_long) names.resize(most_named);
  return fmt::format("; it has {}{}{}", fmt::join(names, ", "), is_long ? ", …" : "", hint);
}

std::vector<std::string> obstacles_in(std::string_view answer, std::string_view backend) {
  std::vector<std::string> obstacles;
  const auto level = first_line(answer);
  if (level == "operator" || level == "user") {
    obstacles.push_back(
        fmt::format("its socket has the level {}, and servers are added and drained only at level admin: in HAProxy's "
                    "configuration, end its line with \"level admin\" (stats socket … level admin)",
                    level));
  }
  const auto row = fmt::format("{},BACKEND,", backend);
  while (!answer.empty()) {
    const auto line = first_line(answer);
    if (!line.starts_with(row) || line.find(",static-rr,") == std::string_view::npos) continue;
    obstacles.emplace_back(
        "\"balance static-rr\" takes no servers at run time: use roundrobin, leastconn or another dynamic algorithm");
  }
  return obstacles;
}

}  // namespace teal::haproxy
