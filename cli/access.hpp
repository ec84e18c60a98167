// The command line's credentials: a token or a certificate, and which CAs it trusts.
#pragma once

#include <functional>
#include <string>

#include "daemon/http/http_client.hpp"
#include "daemon/runtime/tls_files.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::cli {

struct Access {
  std::string token_file;   // --token-file; before the environment's TEAL_TOKEN
  std::string certificate;  // --certificate, --key: the client's own
  std::string key;
  std::string ca;  // --ca: whom the server's certificate is verified with, instead of the system's authorities
  // Tells what is no error, on standard error.
  std::function<void(const std::string& warning)> warn;
};

[[nodiscard]] runtime::TlsFiles tls_files_of(const Access& access);

// Empty when none is given. Spaces and line ends around it are no part of it. A file that others may read is warned of.
// Error: invalid, naming where it comes from, never the token.
[[nodiscard]] Result<std::string> read_token(const Access& access);

// Where a given token comes from: "--token-file F" or "TEAL_TOKEN"; empty: nowhere.
[[nodiscard]] std::string token_source(const Access& access);

// Whether all of it fits the server: certificates are for https, and a token is not sent in the clear to another
// machine. Error: invalid.
[[nodiscard]] Result<void> check_access(const Access& access, const http::Endpoint& server, bool has_token);

// Whether a numeric address, or "localhost", is this machine.
[[nodiscard]] bool is_loopback(const std::string& host);

}  // namespace teal::cli
