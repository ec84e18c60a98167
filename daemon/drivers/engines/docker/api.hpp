// Requests to the Docker Engine: address, API version, deadlines, metrics, and errors in our own terms.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "controllers/ports/telemetry.hpp"
#include "daemon/http/http_client.hpp"

namespace teal::docker {

// Of the versions 1.N of its API, what is read here has been held against each of these (Docker 20.10 to 29).
inline constexpr int oldest_api = 41;
inline constexpr int newest_api = 52;

// The newest version that the engine and teald both know, as a path: "/v1.44". An engine that does not say is spoken to
// in the oldest. Errors: as of a request; unavailable, with the versions, where there is none.
[[nodiscard]] boost::asio::awaitable<Result<std::string>> negotiate_version(http::Client& client);

// The engine refused the version of a request (and did nothing): it was replaced by another since it was asked, or it
// is newer than all that teald knows.
[[nodiscard]] std::optional<Error> version_refusal(const http::Response& response, std::string_view version);

class Api {
 public:
  Api(boost::asio::any_io_executor executor, http::Endpoint endpoint, ports::Telemetry* telemetry)
      : client_(std::move(executor), std::move(endpoint)), telemetry_(telemetry) {}

  static constexpr std::size_t usual_answer = 32 << 20;

  // Any status but a refused version, which is an error. `operation` is for measuring; an answer of more than `largest`
  // bytes is an error. Errors: unavailable, timed_out.
  [[nodiscard]] boost::asio::awaitable<Result<http::Response>> call(std::string operation, std::string method,
                                                                    std::string target, Duration deadline,
                                                                    std::string body = {},
                                                                    std::size_t largest = usual_answer);
  // The JSON of a 200. Errors: the engine's refusal besides.
  [[nodiscard]] boost::asio::awaitable<Result<boost::json::value>> get(std::string operation, std::string target);
  // As http::Client::stream, with `total` as the limit for all of it, silence included. `headers` beside those that
  // every request has.
  [[nodiscard]] boost::asio::awaitable<Result<http::Response>> stream(std::string operation, std::string method,
                                                                      std::string target, http::Silence idle,
                                                                      Duration total,
                                                                      std::function<bool(std::string_view)> on_data,
                                                                      http::Headers headers = {});

 private:
  using Send = std::function<boost::asio::awaitable<Result<http::Response>>(const std::string& version)>;
  // Asks for the version before the first request, and again, once, when it is refused.
  boost::asio::awaitable<Result<http::Response>> versioned(Send send);

  http::Client client_;
  std::string version_;  // empty: not known yet
  ports::Telemetry* telemetry_;
};

// What a failure to reach the engine means to its callers.
[[nodiscard]] Error unreachable(Error error);

// {"label": [...], "event": [...]} and the like, percent-encoded.
[[nodiscard]] std::string filters(const std::vector<std::pair<std::string_view, std::vector<std::string>>>& conditions);

}  // namespace teal::docker
