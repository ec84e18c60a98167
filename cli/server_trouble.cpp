#include "cli/server_trouble.hpp"

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
#include "daemon/runtime/stream_tls.hpp"

namespace teal::cli {
namespace {

// Why the socket does not let us in: 0 when it does.
int errno_of_connecting(const std::string& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return errno;
  const int failed = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  close(fd);
  return failed;
}

template <class T>
Result<T> run(boost::asio::io_context& context, boost::asio::awaitable<Result<T>> task) {
  std::optional<Result<T>> done;
  boost::asio::co_spawn(context, std::move(task), [&done](const std::exception_ptr& bug, Result<T> result) {
    if (bug) std::rethrow_exception(bug);
    done.emplace(std::move(result));
  });
  context.run();
  if (!done) return Error{ErrorCode::internal, "it never ended"};
  return std::move(*done);
}

enum class Listener { Nobody, SpeaksTls, SpeaksSomethingElse, Closes };

Listener who_listens(const http::Endpoint& endpoint) {
  constexpr auto longest = std::chrono::seconds{3};
  boost::asio::io_context context{1};
  const auto trust = runtime::make_tls_context();
  if (trust) {
    const auto tls = run(context, runtime::connect_tls(endpoint.host, endpoint.port, *trust, runtime::after(longest)));
    // Whom its certificate names makes no difference here.
    if (tls || tls.error().code == ErrorCode::denied || tls.error().code == ErrorCode::unhealthy) {
      return Listener::SpeaksTls;
    }
    if (tls.error().code == ErrorCode::invalid) return Listener::SpeaksSomethingElse;
  }
  context.restart();
  return run(context, runtime::connect_tcp(endpoint.host, endpoint.port, runtime::after(longest))) ? Listener::Closes
                                                                                                   : Listener::Nobody;
}

std::string with_scheme(http::Endpoint endpoint, bool tls) {
  endpoint.tls = tls;
  return http::to_string(endpoint);
}

Error unreachable(const Call& call, const std::string& why, std::string_view advice) {
  return {ErrorCode::unavailable, fmt::format("cannot reach teald at {}: {}. {}", call.url, why, advice)};
}

Error not_as_expected(std::string message) { return {ErrorCode::unhealthy, std::move(message)}; }

Error unreachable_socket(const Call& call, const Error& error) {
  const int failed = errno_of_connecting(call.endpoint.path);
  const auto why = failed == 0 ? error.message : std::strerror(failed);
  if (failed == EACCES || failed == EPERM) {
    return unreachable(call, why,
                       "Its file mode says who may: run this as root (sudo), or join the group that owns the socket.");
  }
  if (failed == ECONNREFUSED) {
    return unreachable(call, why, "The socket is there, but nobody listens: is teald running?");
  }
  return unreachable(call, why, "Is it running? Set --server or TEAL_SERVER.");
}

Error not_teald(const Call& call, const Error& error) {
  return not_as_expected(
      fmt::format("what listens at {} is not teald: no proper answer to {}: {}", call.url, call.what, error.message));
}

// Nothing came that is HTTP, over TCP.
Error no_http(const Call& call, const Error& error) {
  const auto listener = who_listens(call.endpoint);
  if (!call.endpoint.tls && listener == Listener::SpeaksTls) {
    return not_as_expected(fmt::format("what listens at {} speaks TLS: use --server {}, with --ca FILE for its CA",
                                       call.url, with_scheme(call.endpoint, true)));
  }
  if (call.endpoint.tls && listener == Listener::SpeaksSomethingElse) {
    const auto plain = with_scheme(call.endpoint, false);
    return not_as_expected(fmt::format(
        "what listens at {} does not speak TLS: {}", call.url,
        is_loopback(call.endpoint.host) ? "it is teald without api.tls (use --server " + plain + ") or another program"
                                        : "it is not teald, or one without api.tls"));
  }
  if (error.code == ErrorCode::invalid) return not_teald(call, error);
  return unreachable(call, error.message,
                     listener == Listener::Nobody
                         ? "Is it running? Set --server or TEAL_SERVER."
                         : "Something listens there and closes connections: another program, or a teald that is just "
                           "starting or ending, or has too many clients.");
}

Error untrusted(const Call& call, const Error& error) {
  return {ErrorCode::denied,
          fmt::format("teald at {} is not trusted: {}. --ca FILE must hold its CA, and --server use a name that "
                      "is in its certificate.",
                      call.url, error.message)};
}

// The TLS handshake failed, and not for want of trust in the server.
Error no_tls(const Call& call, const Error& error) {
  if (call.access.certificate.empty()) {
    return not_as_expected(fmt::format(
        "teald at {} closed the TLS connection: {}. If it asks for a certificate, present one: --certificate "
        "FILE --key FILE.",
        call.url, error.message));
  }
  return not_as_expected(
      fmt::format("teald at {} closed the TLS connection: {}. --certificate {} must be signed by a CA in its "
                  "api.tls.clientCA, be for clients, have a common name, and not have expired.",
                  call.url, error.message, call.access.certificate));
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
  if (!token.empty())
    return fmt::format("The token of {} is not allowed to do this: use one with a higher role.", token);
  if (!access.certificate.empty())
    return fmt::format("The certificate {} is not allowed to do this.", access.certificate);
  return "Use a token of a role that may (--token-file FILE or TEAL_TOKEN), or a user who may.";
}

// Teald gives a sentence with each refusal.
Error not_from_teald(const Call& call, const http::Response& response) {
  constexpr std::size_t longest = 200;
  auto message = fmt::format("what answers at {} is not teald, or stands before it: {} was answered with status {}",
                             call.url, call.what, response.status);
  const auto line = response.body.substr(0, std::min(response.body.find_first_of("\r\n"), longest));
  if (!line.empty()) message += ": " + line;
  const auto code = code_of_http(response.status);
  const bool is_passing = code == ErrorCode::timed_out || code == ErrorCode::denied;
  return {is_passing ? code : ErrorCode::unhealthy, std::move(message)};
}

}  // namespace

Error no_answer(const Call& call, const Error& error) {
  switch (error.code) {
    case ErrorCode::unavailable:
    case ErrorCode::invalid:
      if (!call.endpoint.unix_socket) return no_http(call, error);
      return error.code == ErrorCode::invalid ? not_teald(call, error) : unreachable_socket(call, error);
    case ErrorCode::denied:
      return untrusted(call, error);
    case ErrorCode::unhealthy:
      if (call.endpoint.tls) return no_tls(call, error);
      break;
    default:
      break;
  }
  return {error.code == ErrorCode::timed_out ? ErrorCode::timed_out : ErrorCode::unhealthy,
          fmt::format("teald at {} sent an invalid response to {}: {}", call.url, call.what, error.message)};
}

Error refusal(const Call& call, const http::Response& response) {
  boost::system::error_code not_json;
  const auto body = boost::json::parse(response.body, not_json);
  const bool is_status = !not_json && text_at(body, "/kind") == "Status";
  auto message = is_status ? text_at(body, "/message") : std::string{};
  if (message.empty()) return not_from_teald(call, response);
  if (response.status == 401 || response.status == 403) message += "\n" + advice(response.status, call.access);
  return {code_of_http(response.status), message};
}

}  // namespace teal::cli
