#include "daemon/drivers/engines/docker/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::docker {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Duration read_deadline = std::chrono::seconds{10};

// "1.44" → 44.
std::optional<int> minor_version(std::string_view version) {
  if (!version.starts_with("1.")) return std::nullopt;
  version.remove_prefix(2);
  int minor = 0;
  const auto* end = version.data() + version.size();
  const auto [stopped, error] = std::from_chars(version.data(), end, minor);
  if (version.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return minor;
}

std::string spoken() { return fmt::format("1.{} to 1.{}", oldest_api, newest_api); }

std::string_view outcome(const Result<http::Response>& response) {
  if (!response) return to_string(response.error().code);
  return response->status < 400 || response->status == 404 || response->status == 409
             ? "ok"
             : to_string(refusal(*response).code);
}

}  // namespace

Error unreachable(Error error) {
  // Not even HTTP: another program listens there. That condemns no container and no image.
  if (error.code == ErrorCode::invalid) error.code = ErrorCode::unavailable;
  if (error.code == ErrorCode::unavailable && error.message.starts_with("connect to ")) {
    error.message += ": is Docker running?";
  }
  return error;
}

asio::awaitable<Result<std::string>> negotiate_version(http::Client& client) {
  http::Request ping;
  ping.target = "/_ping";  // the one request that bears no version
  const auto answer = co_await client.request(std::move(ping), read_deadline, Api::usual_answer);
  if (!answer) co_return answer.error();
  const auto newest = minor_version(http::find_header(answer->headers, "Api-Version")).value_or(oldest_api);
  if (newest < oldest_api) {
    co_return Error{ErrorCode::unavailable,
                    fmt::format("the engine speaks version 1.{} of its API at most, teald {}: a newer Docker is needed",
                                newest, spoken())};
  }
  co_return fmt::format("/v1.{}", std::min(newest, newest_api));
}

std::optional<Error> version_refusal(const http::Response& response, std::string_view version) {
  if (response.status != 400) return std::nullopt;
  const auto words = message_of(response);
  const bool refused = words.find("client version") != std::string::npos &&
                       (words.find("too old") != std::string::npos || words.find("too new") != std::string::npos);
  if (!refused) return std::nullopt;
  return Error{ErrorCode::unavailable,
               fmt::format("the engine refuses version {} of its API (teald speaks {}): {}",
                           version.substr(std::min<std::size_t>(2, version.size())), spoken(), words)};
}

asio::awaitable<Result<http::Response>> Api::versioned(Send send) {
  for (int attempt = 1;; ++attempt) {
    if (version_.empty()) {
      auto found = co_await negotiate_version(client_);
      if (!found) co_return found.error();
      version_ = std::move(*found);
    }
    const auto version = version_;
    auto response = co_await send(version);
    const auto refused = response ? version_refusal(*response, version) : std::nullopt;
    if (!refused) co_return response;
    version_.clear();
    if (attempt == 2) co_return *refused;
  }
}

asio::awaitable<Result<http::Response>> Api::call(std::string operation, std::string method, std::string target,
                                                  Duration deadline, std::string body, std::size_t largest) {
  http::Request request;
  request.method = std::move(method);
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  const auto begun = SteadyClock::now();
  Send send = [&](const std::string& version) {
    request.target = version + target;
    return client_.request(request, deadline, largest);
  };
  auto response = co_await versioned(std::move(send));
  if (!response) response = unreachable(response.error());
  if (telemetry_ != nullptr) telemetry_->dependency("engine", operation, outcome(response), SteadyClock::now() - begun);
  co_return response;
}

asio::awaitable<Result<json::value>> Api::get(std::string operation, std::string target) {
  const auto response = co_await call(std::move(operation), "GET", std::move(target), read_deadline);
  if (!response) co_return response.error();
  if (response->status != 200) co_return refusal(*response);
  co_return parse_json(response->body);
}

asio::awaitable<Result<http::Response>> Api::stream(std::string operation, std::string method, std::string target,
                                                    http::Silence idle, Duration total,
                                                    std::function<bool(std::string_view)> on_data,
                                                    http::Headers headers) {
  http::Request request;
  request.headers = std::move(headers);
  request.method = std::move(method);
  const auto begun = SteadyClock::now();
  const auto end = begun + total;
  bool late = false;
  auto bounded = [&late, end, on_data = std::move(on_data)](std::string_view piece) {
    late = SteadyClock::now() > end;
    return !late && on_data(piece);
  };
  http::Silence silence = [&idle, end] {
    const auto rest = std::max<Duration>(std::chrono::ceil<Duration>(end - SteadyClock::now()), Duration{1});
    const auto allowed = idle();
    return allowed.count() > 0 ? std::min(allowed, rest) : rest;
  };
  Send send = [&](const std::string& version) {
    request.target = version + target;
    return client_.stream(request, silence(), silence, bounded);
  };
  auto response = co_await versioned(std::move(send));
  if (!response) response = unreachable(response.error());
  late = late || (!response && SteadyClock::now() >= end);
  if (late) response = Error{ErrorCode::timed_out, "it did not end within " + format_duration(total)};
  if (telemetry_ != nullptr) telemetry_->dependency("engine", operation, outcome(response), SteadyClock::now() - begun);
  co_return response;
}

std::string filters(const std::vector<std::pair<std::string_view, std::vector<std::string>>>& conditions) {
  json::object object;
  for (const auto& [name, values] : conditions) {
    json::array list;
    for (const auto& value : values) list.emplace_back(value);
    object[name] = std::move(list);
  }
  return percent_encode(json::serialize(object));
}

}  // namespace teal::docker
