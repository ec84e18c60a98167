#include "daemon/drivers/engines/docker/api.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
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
constexpr std::size_t max_answer = 32 << 20;

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

asio::awaitable<Result<http::Response>> Api::call(std::string operation, std::string method, std::string target,
                                                  Duration deadline, std::string body) {
  http::Request request;
  request.method = std::move(method);
  request.target = std::string{api_version} + target;
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  const auto begun = SteadyClock::now();
  auto response = co_await client_.request(std::move(request), deadline, max_answer);
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
                                                    Duration idle, Duration total,
                                                    std::function<bool(std::string_view)> on_data,
                                                    http::Headers headers) {
  http::Request request;
  request.headers = std::move(headers);
  request.method = std::move(method);
  request.target = std::string{api_version} + target;
  const auto begun = SteadyClock::now();
  const auto end = begun + total;
  bool late = false;
  auto bounded = [&late, end, on_data = std::move(on_data)](std::string_view piece) {
    late = SteadyClock::now() > end;
    return !late && on_data(piece);
  };
  std::function<bool(std::string_view)> sink = bounded;
  auto response = co_await client_.stream(std::move(request), idle, idle, std::move(sink));
  if (!response) response = unreachable(response.error());
  if (response && late) response = Error{ErrorCode::timed_out, "it did not end within " + format_duration(total)};
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
