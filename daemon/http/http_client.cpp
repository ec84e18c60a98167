#include "daemon/http/http_client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "daemon/http/http_client_exchange.hpp"
#include "daemon/runtime/stream.hpp"
#include "daemon/runtime/stream_tls.hpp"

namespace teal::http {

namespace {

namespace asio = boost::asio;

constexpr std::size_t max_idle = 4;
constexpr Duration idle_life = std::chrono::seconds{10};

bool is_idempotent(std::string_view method) {
  static constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

}  // namespace

struct Client::State {
  struct Idle {
    runtime::StreamPtr stream;
    runtime::Deadline until;
  };

  State(asio::any_io_executor its_executor, Endpoint its_endpoint, runtime::TlsFiles its_files)
      : executor(std::move(its_executor)), endpoint(std::move(its_endpoint)), files(std::move(its_files)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    for (auto& connection : idle) connection.stream->close();
  }

  // The most recently used one that is still good. Old ones go here, at the next use, rather than by a timer: a timer
  // would keep a program alive that has nothing left to do.
  runtime::StreamPtr reuse() {
    const auto now = std::chrono::steady_clock::now();
    const auto dead = [&](const Idle& connection) { return connection.until <= now || !connection.stream->quiet(); };
    std::erase_if(idle, dead);
    if (idle.empty()) return nullptr;
    auto stream = std::move(idle.back().stream);
    idle.pop_back();
    return stream;
  }

  void keep(runtime::StreamPtr stream) {
    if (idle.size() >= max_idle) idle.pop_front();
    idle.push_back({std::move(stream), runtime::after(idle_life)});
  }

  asio::awaitable<Result<runtime::StreamPtr>> connect(runtime::Deadline deadline) {
    if (endpoint.unix_socket) co_return co_await runtime::connect_unix(endpoint.path, deadline);
    if (!endpoint.tls) co_return co_await runtime::connect_tcp(endpoint.host, endpoint.port, deadline);
    if (!trust) {
      auto made = runtime::make_tls_context(files);
      if (!made) co_return made.error();
      trust = std::move(*made);
    }
    co_return co_await connect_tls(endpoint.host, endpoint.port, trust, deadline);
  }

  [[nodiscard]] Error described(Error error, Duration deadline, bool connected) const {
    const auto where = to_string(endpoint);
    if (error.code == ErrorCode::timed_out) {
      error.message =
          fmt::format("{} within {}", connected ? "no complete answer" : "no connection", format_duration(deadline));
    }
    return within(connected ? where : "connect to " + where, std::move(error));
  }

  asio::any_io_executor executor;
  Endpoint endpoint;
  runtime::TlsFiles files;
  runtime::TlsContextPtr trust;  // made at the first use
  std::deque<Idle> idle;
};

Client::Client(asio::any_io_executor executor, Endpoint endpoint, runtime::TlsFiles tls)
    : state_(std::make_shared<State>(std::move(executor), std::move(endpoint), std::move(tls))) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

asio::awaitable<Result<Response>> Client::request(Request request, Duration deadline, std::size_t max_body) {
  const auto state = state_;
  Limits limits;
  limits.headers = limits.body = runtime::after(deadline);
  limits.max_body = max_body;
  const auto wire = serialize(request, state->endpoint);
  if (!wire) co_return wire.error();
  const bool head = request.method == "HEAD";
  const bool repeatable = is_idempotent(request.method);
  auto stream = state->reuse();
  while (true) {
    const bool reused = stream != nullptr;
    if (!reused) {
      auto connected = co_await state->connect(limits.headers);
      if (!connected) co_return state->described(connected.error(), deadline, false);
      stream = std::move(*connected);
    }
    auto result = co_await exchange(stream, *wire, head, limits, nullptr, nullptr);
    if (result.response) {
      if (result.reusable) state->keep(std::move(stream));
      co_return std::move(result.response);
    }
    stream->close();
    stream.reset();
    const bool stale = reused && !result.answered && result.response.error().code == ErrorCode::unavailable;
    if (!stale || !repeatable) co_return state->described(result.response.error(), deadline, true);
  }
}

asio::awaitable<Result<Response>> Client::ask(Request request, Duration deadline, BytesWanted wanted) {
  const auto state = state_;
  Limits limits;
  limits.headers = limits.body = runtime::after(deadline);
  limits.wanted = std::move(wanted);
  const auto wire = serialize(request, state->endpoint);
  if (!wire) co_return wire.error();
  auto connected = co_await state->connect(limits.headers);
  if (!connected) co_return state->described(connected.error(), deadline, false);
  const auto stream = *connected;
  auto result = co_await exchange(stream, *wire, request.method == "HEAD", std::move(limits), nullptr, nullptr);
  stream->close();
  if (!result.response) co_return state->described(result.response.error(), deadline, true);
  co_return std::move(result.response);
}

asio::awaitable<Result<Response>> Client::stream(Request request, Duration deadline, Duration idle,
                                                 std::function<bool(std::string_view)> on_data,
                                                 std::function<void()> on_open) {
  Silence same = [idle] { return idle; };
  return stream(std::move(request), deadline, std::move(same), std::move(on_data), std::move(on_open));
}

asio::awaitable<Result<Response>> Client::stream(Request request, Duration deadline, Silence idle,
                                                 std::function<bool(std::string_view)> on_data,
                                                 std::function<void()> on_open) {
  const auto state = state_;
  Limits limits;
  limits.headers = runtime::after(deadline);
  Duration allowed{0};
  limits.idle = [&allowed, idle = std::move(idle)] { return allowed = idle(); };
  const auto wire = serialize(request, state->endpoint);
  if (!wire) co_return wire.error();
  auto connected = co_await state->connect(limits.headers);
  if (!connected) co_return state->described(connected.error(), deadline, false);
  const auto stream = *connected;
  auto result =
      co_await exchange(stream, *wire, request.method == "HEAD", limits, std::move(on_data), std::move(on_open));
  stream->close();
  if (!result.response) {
    // Once the answer has begun it is the silence between two pieces that was too long.
    co_return state->described(result.response.error(), result.answered && allowed.count() > 0 ? allowed : deadline,
                               true);
  }
  co_return std::move(result.response);
}

}  // namespace teal::http
