// The host names under which a listener accepts requests. A foreign website can point its own name at this machine and
// read through a visitor's browser (DNS rebinding); such a request carries that foreign name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace teal::api {

// `authority`: the Host header, lower case. `local_address`: the numeric address on which the request came in, empty on
// a Unix socket. `more`: api.names of teald.yaml.
//
// A TCP door answers to its own address and to `more`, a loopback one to localhost and every loopback address as well.
// A Unix socket, which no browser reaches, answers to any name without a dot too (clients make one up: "docker", "x").
[[nodiscard]] bool is_own_name(std::string_view authority, std::string_view local_address,
                               const std::vector<std::string>& more);

}  // namespace teal::api
