// The inputs of the search for AWS credentials: variables, files, addresses, and the current time.
#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/secrets.hpp"
#include "controllers/ports/telemetry.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::runtime {
class BlockingPool;
}  // namespace teal::runtime

namespace teal::aws {}

namespace teal::aws {

// All of it outlives whoever is given it.
struct CredentialEnvironment {
  boost::asio::any_io_executor executor;
  std::function<std::optional<std::string>(const std::string& name)> variable;
  const ports::Clock* clock = nullptr;
  runtime::BlockingPool* files = nullptr;
  runtime::BlockingPool* programs =
      nullptr;  // which may hang until their deadline: the same one would have the files wait
  std::shared_ptr<const std::atomic<bool>> stopping;  // set: programs that still run are killed
  ports::Secrets* secrets = nullptr;                  // reads files that others must not
  ports::Telemetry* telemetry = nullptr;
  std::string container_host = "http://169.254.170.2";   // of AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  std::string instance_host = "http://169.254.169.254";  // of the instance metadata service
  Duration instance_deadline = std::chrono::seconds{1};  // where there is none, nothing may answer at all
};

// Empty when it is not set.
[[nodiscard]] std::string variable(const CredentialEnvironment& in, const std::string& name);
// $HOME, else the account's.
[[nodiscard]] std::string home(const CredentialEnvironment& in);

// A request to `url` (scheme://host[:port][/path[?query]]), whose own target and Host are filled from it.
[[nodiscard]] boost::asio::awaitable<Result<http::Response>> ask(const CredentialEnvironment& in, std::string url,
                                                                 http::Request request, Duration deadline);
// host[:port] as the Host header has it; empty when it is no http URL.
[[nodiscard]] std::string host_of(std::string_view url);

// A file that is no secret in itself. Errors: not_found, denied, invalid (no regular file, more than 1 MiB).
[[nodiscard]] boost::asio::awaitable<Result<std::string>> read_plain_file(const CredentialEnvironment& in,
                                                                          std::string path);

}  // namespace teal::aws
