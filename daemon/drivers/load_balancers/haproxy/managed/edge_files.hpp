// The files of a HAProxy that Teal keeps: haproxy.cfg, and the maps that it refers to.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "daemon/drivers/load_balancers/haproxy/managed/edge_state.hpp"

namespace teal::haproxy {

struct EdgeListener {
  std::string host;  // "*": every address
  int port = 0;
  bool tls = false;

  bool operator==(const EdgeListener&) const = default;
};

struct EdgePlace {
  std::vector<EdgeListener> listen;
  std::string directory;
  int group = -1;  // of the sockets, so that teald may open them; -1: that of whoever starts HAProxy

  [[nodiscard]] std::string file(std::string_view name) const { return directory + "/" + std::string{name}; }
  [[nodiscard]] std::string socket() const { return file("admin.sock"); }
  [[nodiscard]] std::string master() const { return file("master.sock"); }
};

struct EdgeFiles {
  // What a reload takes over and the Runtime API cannot change, as a digest; the configuration bears it.
  std::string structure;
  std::vector<std::pair<std::string, std::string>> files;  // name in the directory → text, in the order to write them
};

// Lines of the configuration between which a file of people's own stands: "# include frontend.cfg".
inline constexpr std::string_view include_begin = "# include ";
inline constexpr std::string_view include_end = "# end of include";
// "backend.shop_api.cfg" → "shop_api"; empty: another file.
[[nodiscard]] std::string_view included_backend(std::string_view name);

// Name → text of what the configuration refers to, as it is before anything is known.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> files_referred_to();

[[nodiscard]] EdgeFiles render(const EdgePlace& place, const EdgeState& state);

// Variables of HAProxy's own, for the whole process.
inline constexpr std::string_view structure_variable = "proc.teal.structure";
// The header by which teald's own requests reach a backend whatever its routes.
inline constexpr std::string_view probe_header = "X-Teal-Probe";
[[nodiscard]] std::string probe_value(const EdgeState& state, std::string_view backend);

}  // namespace teal::haproxy
