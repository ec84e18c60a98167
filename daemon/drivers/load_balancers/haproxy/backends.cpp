#include "daemon/drivers/load_balancers/haproxy/backends.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

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

// A cell of a row in "show stat"; empty: there is no such row, or column. The backend's own row is named BACKEND.
std::string cell_of(std::string_view answer, std::string_view backend, std::string_view server,
                    std::string_view column) {
  const auto row = fmt::format("{},{},", backend, server);
  std::optional<std::size_t> wanted;
  while (!answer.empty()) {
    auto line = first_line(answer);
    const bool is_header = line.starts_with("# pxname,");
    if (is_header) line.remove_prefix(2);
    if (!is_header && !(wanted && line.starts_with(row))) continue;
    for (std::size_t at = 0; !line.empty(); ++at) {
      const auto end = std::min(line.find(','), line.size());
      const auto cell = line.substr(0, end);
      if (is_header && cell == column) wanted = at;
      if (!is_header && at == *wanted) return std::string{cell};
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }
  return {};
}

std::string cell_of_backend(std::string_view answer, std::string_view backend, std::string_view column) {
  return cell_of(answer, backend, "BACKEND", column);
}

std::vector<std::string> servers_in(std::string_view answer, std::string_view backend) {
  std::vector<std::string> names;
  const auto row = fmt::format("{},", backend);
  while (!answer.empty()) {
    auto line = first_line(answer);
    if (!line.starts_with(row)) continue;
    line.remove_prefix(row.size());
    const auto name = line.substr(0, line.find(','));
    if (name != "BACKEND" && name != "FRONTEND") names.emplace_back(name);
  }
  return names;
}

// What HAProxy tells of the options that a server of the configuration has and one that is added never gets; such are
// set at its line or by "default-server", which HAProxy does not tell of itself.
std::vector<std::string> configured_options(std::string_view answer, std::string_view backend,
                                            std::string_view server) {
  std::vector<std::string> options;
  const auto number = [&](std::string_view column, std::string_view option) {
    const auto cell = cell_of(answer, backend, server, column);
    if (!cell.empty() && cell != "0") options.push_back(fmt::format("{} {}", option, cell));
  };
  number("slim", "maxconn");
  number("qlimit", "maxqueue");
  if (!cell_of(answer, backend, server, "agent_status").empty()) options.emplace_back("agent-check");
  return options;
}

}  // namespace

std::string existing_backends(std::string_view answer, std::string_view wanted) {
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
  if (const auto algorithm = algorithm_in(answer, backend); takes_servers(algorithm) == Takes::No)
    obstacles.push_back(static_text(algorithm));
  return obstacles;
}

std::string algorithm_in(std::string_view answer, std::string_view backend) {
  return cell_of_backend(answer, backend, "algo");
}

Takes takes_servers(std::string_view algorithm) {
  if (algorithm == "static-rr") return Takes::No;
  const auto dynamic = {"", "roundrobin", "leastconn", "first", "random", "none"};
  return std::ranges::find(dynamic, algorithm) != dynamic.end() ? Takes::Yes : Takes::ItDepends;
}

std::string static_text(std::string_view algorithm) {
  if (takes_servers(algorithm) == Takes::No) {
    return fmt::format(
        "\"balance {}\" takes no servers at run time: use roundrobin, leastconn or another dynamic algorithm",
        algorithm);
  }
  return fmt::format(
      "\"balance {}\" takes no servers at run time as long as its hash is map-based: add \"hash-type consistent\" to "
      "the backend",
      algorithm);
}

std::vector<std::string> remarks_in(std::string_view answer, std::string_view backend) {
  std::vector<std::string> remarks;
  if (const auto cookie = cell_of_backend(answer, backend, "cookie"); !cookie.empty()) {
    remarks.push_back(fmt::format(
        "backend {0} has \"cookie {1}\": servers that are added at run time have none, so clients do not stay with one "
        "replica, unless the line says \"dynamic\" and the backend has a \"dynamic-cookie-key\"",
        backend, cookie));
  }
  // One of them is enough: they mostly have it from the same line.
  for (const auto& server : servers_in(answer, backend)) {
    const auto options = configured_options(answer, backend, server);
    if (options.empty()) continue;
    remarks.push_back(
        fmt::format("backend {}: its server {} has \"{}\", from its own line or from \"default-server\"; servers that "
                    "are added at run time have nothing of it, and teald sets no limit of its own",
                    backend, server, fmt::join(options, " ")));
    break;
  }
  return remarks;
}

}  // namespace teal::haproxy
