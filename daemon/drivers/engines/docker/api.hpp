// Requests to the Docker Engine: address, API version, deadlines, metrics, and errors in our own terms.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "controllers/ports/telemetry.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::docker {

// Pinned, so that a newer engine answers in the shapes that are read here.
inline constexpr std::string_view api_version = "/v1.41";

class Api {
 public:
  Api(boost::asio::any_io_executor executor, http::Endpoint endpoint, ports::Telemetry* telemetry)
      : client_(std::move(executor), std::move(endpoint)), telemetry_(telemetry) {}

  // Any status. `operation` is for measuring. Errors: unavailable, timed_out.
  [[nodiscard]] boost::asio::awaitable<Result<http::Response>> call(std::string operation, std::string method,
                                                                    std::string target, Duration deadline,
                                                                    std::string body = {});
  // The JSON of a 200. Errors: the engine's refusal besides.
  [[nodiscard]] boost::asio::awaitable<Result<boost::json::value>> get(std::string operation, std::string target);
  // As http::Client::stream, with `total` as the limit for all of it. `headers` beside those that every request has.
  [[nodiscard]] boost::asio::awaitable<Result<http::Response>> stream(std::string operation, std::string method,
                                                                      std::string target, Duration idle, Duration total,
                                                                      std::function<bool(std::string_view)> on_data,
                                                                      http::Headers headers = {});

 private:
  http::Client client_;
  ports::Telemetry* telemetry_;
};

// What a failure to reach the engine means to its callers.
[[nodiscard]] Error unreachable(Error error);

// {"label": [...], "event": [...]} and the like, percent-encoded.
[[nodiscard]] std::string filters(const std::vector<std::pair<std::string_view, std::vector<std::string>>>& conditions);

}  // namespace teal::docker
