#include "cli/server.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <optional>

#include "cli/server_trouble.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

constexpr std::size_t largest_answer = 256U << 20U;

}  // namespace

struct Server::Connection {
  Connection(http::Endpoint to, runtime::TlsFiles files, std::string its_token)
      : endpoint(std::move(to)),
        token(std::move(its_token)),
        client(context.get_executor(), endpoint, std::move(files)) {}

  void authorize(http::Request& request) const {
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  }

  boost::asio::io_context context{1};
  http::Endpoint endpoint;
  std::string token;
  http::Client client;
};

Server::Server(std::string url, Access access) : url_(std::move(url)), access_(std::move(access)) {}
Server::~Server() = default;

Result<void> Server::connect() {
  if (connection_ != nullptr) return {};
  const auto endpoint = http::parse_endpoint(url_);
  if (!endpoint) return within("--server", endpoint.error());
  auto token = read_token(access_);
  if (!token) return token.error();
  if (const auto fits = check_access(access_, *endpoint, !token->empty()); !fits) return fits;
  connection_ = std::make_unique<Connection>(*endpoint, tls_files_of(access_), std::move(*token));
  return {};
}

Error Server::failed(const Error& error, const std::string& what) const {
  return no_answer({url_, connection_->endpoint, access_, what}, error);
}

Error Server::refused(const std::string& what, const http::Response& response) const {
  return refusal({url_, connection_->endpoint, access_, what}, response);
}

Result<http::Response> Server::exchange(const std::string& method, const std::string& target, Content content,
                                        Duration deadline) {
  if (auto connected = connect(); !connected) return connected.error();
  http::Request request;
  request.method = method;
  request.target = target;
  request.body = std::move(content.body);
  if (!content.type.empty()) request.headers.emplace_back("Content-Type", content.type);
  connection_->authorize(request);
  std::optional<Result<http::Response>> answer;
  auto& context = connection_->context;
  boost::asio::co_spawn(context, connection_->client.request(std::move(request), deadline, largest_answer),
                        [&answer](const std::exception_ptr& bug, Result<http::Response> result) {
                          if (bug) std::rethrow_exception(bug);
                          answer.emplace(std::move(result));
                        });
  context.restart();
  // Not run(): the client may keep timers of idle connections.
  while (!answer && context.run_one() != 0) continue;
  if (!answer) return Error{ErrorCode::internal, fmt::format("no answer to {} {}", method, target)};
  if (!*answer) {
    const auto& error = answer->error();
    if (error.code == ErrorCode::timed_out) {
      return Error{ErrorCode::timed_out,
                   fmt::format("teald at {} did not answer {} within {}", url_, target, format_duration(deadline))};
    }
    return failed(error, method + " " + target);
  }
  return std::move(*answer);
}

Result<std::string> Server::call(const std::string& method, const std::string& target, Content content,
                                 Duration deadline) {
  auto response = exchange(method, target, std::move(content), deadline);
  if (!response) return response.error();
  if (response->status < 200 || response->status > 299) return refused(method + " " + target, *response);
  return std::move(response->body);
}

Result<std::string> Server::readiness(Duration deadline) {
  auto response = exchange("GET", "/readyz", {}, deadline);
  if (!response) return response.error();
  const bool is_ready = response->status == 200 && response->body.starts_with("ok");
  const bool is_not = response->status == 503 && response->body.starts_with("not ready");
  if (!is_ready && !is_not) return refused("GET /readyz", *response);
  return std::move(response->body);
}

Result<void> Server::follow(const std::string& target, const std::function<bool(std::string_view)>& on_text) {
  return follow(target, on_text, Duration::max());
}

Result<void> Server::follow(const std::string& target, const std::function<bool(std::string_view)>& on_text,
                            Duration patience) {
  if (auto connected = connect(); !connected) return connected;
  http::Request request;
  request.target = target;
  connection_->authorize(request);
  std::optional<Result<http::Response>> answer;
  auto& context = connection_->context;
  boost::asio::co_spawn(context,
                        connection_->client.stream(std::move(request), std::chrono::seconds{30}, Duration{0}, on_text),
                        [&answer](const std::exception_ptr& bug, Result<http::Response> result) {
                          if (bug) std::rethrow_exception(bug);
                          answer.emplace(std::move(result));
                        });
  context.restart();
  const bool is_patient = patience == Duration::max();
  while (!answer) {
    if ((is_patient ? context.run_one() : context.run_one_for(patience)) != 0) continue;
    if (is_patient || context.stopped()) break;
    if (on_text({})) continue;
    connection_.reset();  // and what it was asked for
    return {};
  }
  if (!answer) return Error{ErrorCode::internal, "no answer to GET " + target};
  if (!*answer) return failed(answer->error(), "GET " + target);
  if ((*answer)->status < 200 || (*answer)->status > 299) return refused("GET " + target, **answer);
  return {};
}

Result<boost::json::value> Server::read(const std::string& target, Duration deadline) {
  return send("GET", target, {}, deadline);
}

Result<std::string> Server::read_text(const std::string& target, Duration deadline) {
  return call("GET", target, {}, deadline);
}

Result<boost::json::value> Server::send(const std::string& method, const std::string& target, Content content,
                                        Duration deadline) {
  auto body = call(method, target, std::move(content), deadline);
  if (!body) return body.error();
  if (body->empty() && method != "GET") return boost::json::value{};
  boost::system::error_code failed;
  auto value = boost::json::parse(*body, failed, {}, {.max_depth = 64});
  if (failed || !value.is_object()) {
    return Error{ErrorCode::unhealthy,
                 fmt::format("what answers {} {} at {} is not teald: {}", method, target, url_,
                             failed ? "its answer is not JSON" : "its answer is not a JSON object")};
  }
  return value;
}

Error stream_ended() {
  return {ErrorCode::unhealthy,
          "teald ended the stream: it was restarted, has too many clients, or what you may see has changed. Run this "
          "again."};
}

std::string application_path(std::string_view name, std::string_view rest) {
  return fmt::format("/apis/teal/v1/applications/{}{}", percent_encode(name), rest);
}

std::string rollout_path(std::string_view name, std::string_view rest) {
  return fmt::format("/apis/teal/v1/rollouts/{}{}", percent_encode(name), rest);
}

}  // namespace teal::cli
