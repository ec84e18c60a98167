// What HAProxy's old processes still do after reloads, read through the master socket (`haproxy -W -S`).
//
// An old process takes no new connections and is not seen at the admin socket, but finishes what it has; a client that
// keeps its connection open may send one more request to any server that is open there.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::haproxy {

// The answer to "show info", as far as it says who answered.
struct ProcessInfo {
  std::string pid;     // empty: not the answer of a HAProxy
  Duration uptime{0};  // in whole seconds, rounded down
  int connections = 0;
};
[[nodiscard]] ProcessInfo read_info(std::string_view info);

// The pids of all workers, old and present, in the answer to "show proc". Errors: invalid (not the answer of a master).
[[nodiscard]] Result<std::vector<std::string>> read_workers(std::string_view answer);

// Requests that go on in workers other than `present`, by server of the backend; a connection that may yet bring one
// counts as well. Errors: those of `ask`; invalid, with what to type, when it is not a master's socket; conflict, when
// that master has no such process.
[[nodiscard]] boost::asio::awaitable<Result<std::map<std::string, int>>> old_sessions(std::string master_path,
                                                                                      std::string present,
                                                                                      std::string backend,
                                                                                      Duration deadline);

}  // namespace teal::haproxy
