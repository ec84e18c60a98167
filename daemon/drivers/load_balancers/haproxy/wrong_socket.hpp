// Who answers at a socket that is not what teald.yaml takes it for, and what to type instead.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "manifests/foundation/time.hpp"

namespace teal::haproxy {

// A sentence about `haproxy.socket`, whose answer was not that of a HAProxy's process. Asks it who it is.
[[nodiscard]] boost::asio::awaitable<std::string> not_a_runtime_api(std::string path, std::string answer,
                                                                    Duration deadline);
// The same about `haproxy.master`.
[[nodiscard]] boost::asio::awaitable<std::string> not_a_master(std::string path, std::string answer, Duration deadline);

}  // namespace teal::haproxy
