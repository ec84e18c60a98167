// HAProxy's Runtime API: one command line over the admin socket, one text response.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <string_view>

#include "manifests/foundation/result.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::haproxy {

// Sends one line (commands may be joined with ';') and returns all that HAProxy answers. Errors: unavailable (no
// socket, nobody listens, the connection broke), timed_out, invalid (an answer over 4 MiB).
[[nodiscard]] boost::asio::awaitable<Result<std::string>> ask(std::string socket, std::string line, Duration deadline);

// Letters, digits and ". - _ :", at most 102 characters: everything else is syntax of the Runtime API and would let a
// name carry a command. Error: invalid.
[[nodiscard]] Result<void> check_name(std::string_view what, std::string_view name);
// "127.0.0.1:8000", "[::1]:8000". Error: invalid.
[[nodiscard]] Result<void> check_address(std::string_view address);

// What a changing command answered: nothing or a known word of success, else its text as an error (not_found, conflict,
// denied or invalid by its words).
[[nodiscard]] Result<void> judge(std::string_view answer);

// An answer as it is shown to people: the beginning of it, in one line of printable characters.
[[nodiscard]] std::string shown(std::string_view answer);

// The same for "set server … addr …", which always has something to say.
[[nodiscard]] Result<void> judge_address(std::string_view answer);

// Which process gave this answer to "show info": a reload or restart changes it. In a container every HAProxy has the
// same process id, so its start counts too. Empty: not the answer of a HAProxy.
[[nodiscard]] std::string process_of(std::string_view info);

}  // namespace teal::haproxy
