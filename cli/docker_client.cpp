#include "cli/docker_client.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <ctime>

namespace teal::cli {
namespace {

// "Mon, 30 Nov 2026 19:00:00 GMT"
std::optional<Time> http_date(std::string_view text) {
  std::tm parts{};
  const std::string copy{text};
  if (::strptime(copy.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts) == nullptr) return std::nullopt;
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::from_time_t(::timegm(&parts)));
}

}  // namespace

struct DockerClient::Connection {
  explicit Connection(http::Endpoint to) : endpoint(std::move(to)), client(context.get_executor(), endpoint) {}

  boost::asio::io_context context{1};
  http::Endpoint endpoint;
  http::Client client;
};

DockerClient::DockerClient(std::string url, http::Endpoint endpoint)
    : url_(std::move(url)), connection_(std::make_unique<Connection>(std::move(endpoint))) {}
DockerClient::~DockerClient() = default;

Result<boost::json::value> DockerClient::get(const std::string& target) {
  http::Request request;
  request.target = target;
  request.headers.emplace_back("Host", "docker");
  std::optional<Result<http::Response>> answer;
  auto& context = connection_->context;
  boost::asio::co_spawn(context, connection_->client.request(std::move(request), std::chrono::seconds{30}),
                        [&answer](const std::exception_ptr& bug, Result<http::Response> result) {
                          if (bug) std::rethrow_exception(bug);
                          answer.emplace(std::move(result));
                        });
  context.restart();
  while (!answer && context.run_one() != 0) continue;
  if (!answer) return Error{ErrorCode::internal, "no answer of Docker"};
  if (!*answer) return unreachable(answer->error());
  const auto& response = **answer;
  clock_ = http_date(http::find_header(response.headers, "Date"));
  if (response.status == 404) return boost::json::value{};
  boost::system::error_code failed;
  auto value = boost::json::parse(response.body, failed, {}, {.max_depth = 64});
  if (failed || response.status != 200 || !value.is_object()) {
    return Error{ErrorCode::invalid,
                 fmt::format("what answers at {} is not Docker: status {} to GET {}", url_, response.status, target)};
  }
  return value;
}

Error DockerClient::unreachable(const Error& error) const {
  const auto& endpoint = connection_->endpoint;
  const bool refused = endpoint.unix_socket && ::access(endpoint.path.c_str(), R_OK | W_OK) != 0;
  if (refused && errno == EACCES) {
    return {ErrorCode::denied, fmt::format("Docker's socket {} may not be opened: run this as root (sudo), or join the "
                                           "group docker",
                                           endpoint.path)};
  }
  return {ErrorCode::unavailable,
          fmt::format("cannot reach Docker at {}: {}. Is it running (systemctl status docker)?", url_, error.message)};
}

}  // namespace teal::cli
