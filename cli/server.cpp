#include "cli/server.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <cerrno>
#include <cstring>
#include <optional>

#include "cli/fields.hpp"
#include "daemon/runtime/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

constexpr std::size_t largest_answer = 256U << 20U;

// Why the socket does not let us in: 0 when it does.
int errno_of_connecting(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int failed = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  close(fd);
  return failed;
}

Error unreachable(const std::string& url, const http::Endpoint& endpoint, const Error& error) {
  std::string why = error.message;
  std::string advice = "Is it running? Set --server or TEAL_SERVER.";
  if (endpoint.unix_socket) {
    const int failed = errno_of_connecting(endpoint.path);
    if (failed != 0) why = std::strerror(failed);
    if (failed == EACCES || failed == EPERM) {
      advice = "Its file mode says who may: run this as root (sudo), or join the group that owns the socket.";
    } else if (failed == ECONNREFUSED) {
      advice = "The socket is there, but nobody listens: is teald running?";
    }
  }
  return {ErrorCode::unavailable, fmt::format("cannot reach teald at {}: {}. {}", url, why, advice)};
}

ErrorCode code_of_http(int status) {
  if (status == 400 || status == 413 || status == 415 || status == 422) return ErrorCode::invalid;
  if (status == 401 || status == 403) return ErrorCode::denied;
  if (status == 404) return ErrorCode::not_found;
  if (status == 409) return ErrorCode::conflict;
  if (status == 408 || status == 504) return ErrorCode::timed_out;
  if (status == 429 || status == 503) return ErrorCode::unhealthy;
  return ErrorCode::internal;
}

// What to do about 401 and 403; teald itself does not say what is wrong with a token.
std::string advice(int status, const Access& access) {
  const auto token = token_source(access);
  if (status == 401 && !token.empty()) {
    return fmt::format(
        "The token of {} is not accepted: it is wrong, expired or revoked. `teal token list` on teald's "
        "machine shows which are good.",
        token);
  }
  if (status == 401) return "Show who you are: --token-file FILE or TEAL_TOKEN, or --certificate and --key.";
  if (!token.empty()) return fmt::format("The token of {} may not do this: use one that may.", token);
  if (!access.certificate.empty()) return fmt::format("The certificate {} may not do this.", access.certificate);
  return "Use a token of a role that may (--token-file FILE or TEAL_TOKEN), or a user who may.";
}

}  // namespace

struct Server::Connection {
  Connection(http::Endpoint to, TlsFiles files, std::string its_token)
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

// Why there is no answer to `what`.
Error Server::failed(const Error& error, const std::string& what) const {
  if (error.code == ErrorCode::unavailable) return unreachable(url_, connection_->endpoint, error);
  if (error.code == ErrorCode::denied) {
    return {ErrorCode::denied,
            fmt::format("teald at {} is not trusted: {}. Name its authority with --ca FILE.", url_, error.message)};
  }
  return {error.code == ErrorCode::timed_out ? ErrorCode::timed_out : ErrorCode::unhealthy,
          fmt::format("teald at {} gave no proper answer to {}: {}", url_, what, error.message)};
}

Error Server::refused(const std::string& target, const http::Response& response) const {
  boost::system::error_code not_json;
  const auto body = boost::json::parse(response.body, not_json);
  auto message = not_json ? std::string{} : text_at(body, "/message");
  if (message.empty()) {
    message = fmt::format("{} answered {} with status {}", url_, target, response.status);
    if (!response.body.empty()) message += ": " + response.body.substr(0, 200);
  }
  if (response.status == 401 || response.status == 403) message += "\n" + advice(response.status, access_);
  return {code_of_http(response.status), message};
}

Result<std::string> Server::call(const std::string& method, const std::string& target, Content content,
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
  auto& response = **answer;
  if (response.status < 200 || response.status > 299) return refused(target, response);
  return std::move(response.body);
}

Result<void> Server::follow(const std::string& target, const std::function<bool(std::string_view)>& on_text) {
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
  while (!answer && context.run_one() != 0) continue;
  if (!answer) return Error{ErrorCode::internal, "no answer to GET " + target};
  if (!*answer) return failed(answer->error(), target);
  if ((*answer)->status < 200 || (*answer)->status > 299) return refused(target, **answer);
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

std::string application_path(std::string_view name, std::string_view rest) {
  return fmt::format("/apis/teal/v1/applications/{}{}", percent_encode(name), rest);
}

std::string rollout_path(std::string_view name, std::string_view rest) {
  return fmt::format("/apis/teal/v1/rollouts/{}{}", percent_encode(name), rest);
}

}  // namespace teal::cli
