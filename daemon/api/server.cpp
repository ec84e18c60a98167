#include "daemon/api/server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

#include "daemon/access/denial_recorder.hpp"
#include "daemon/api/connection.hpp"
#include "daemon/api/connection_quota.hpp"
#include "daemon/api/refused_handshakes.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/api/services.hpp"
#include "daemon/runtime/descriptors.hpp"
#include "daemon/runtime/stream.hpp"
#include "daemon/runtime/task_group.hpp"

namespace teal::api {
namespace {

namespace asio = boost::asio;

struct Address {
  Door door;
  std::string path;
  std::string host;
  std::string port;
};

// Gives its place back, however the connection ends.
struct LeavesShare {
  Connection& connection;
  ~LeavesShare() { connection.share().leave(connection); }
};

Result<Address> parse_address(const std::string& text) {
  Address address;
  address.door.address = text;
  if (text.starts_with("unix:")) {
    address.path = text.substr(text.starts_with("unix://") ? 7 : 5);
    if (!address.path.starts_with('/')) return Error{ErrorCode::invalid, text + ": unix: needs an absolute path"};
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == text.size()) {
    return Error{ErrorCode::invalid, text + ": expected unix:/path or host:port"};
  }
  address.door.over_tcp = true;
  address.host = text.substr(0, colon);
  address.port = text.substr(colon + 1);
  if (address.host.starts_with('[') && address.host.ends_with(']')) {
    address.host = address.host.substr(1, address.host.size() - 2);
  }
  return address;
}

}  // namespace

struct ApiServer::State : std::enable_shared_from_this<ApiServer::State> {
  State(asio::any_io_executor its_executor, ApiOptions its_options, status::Board& board, requests::Control& control,
        ports::Store& store, runtime::Metrics& metrics, const access::Gate& gate, runtime::Log& its_log)
      : executor(std::move(its_executor)),
        options(std::move(its_options)),
        services(board, control, store, metrics, gate, options.names, options.bookmark_interval,
                 options.event_check_interval),
        denials(executor, store, metrics),
        refused_handshakes(its_log),
        log(its_log),
        tasks(executor, [this](const std::string& task, const std::exception_ptr& failure) { failed(task, failure); }) {
    services.denials = &denials;
    make_shares();
  }

  void failed(const std::string& task, const std::exception_ptr& failure) {
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      log.write(runtime::LogLevel::Error, "", "ApiBug", fmt::format("{}: {}", task, error.what()));
    }
  }

  [[nodiscard]] ConnectionQuota& share_of(const Door& door) { return door.over_tcp ? *over_tcp : *over_unix; }

  // A copy: closing one may end it at once.
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> connections() const {
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto* share : {over_tcp.get(), over_unix.get()}) {
      for (const auto& client : share->clients()) all.push_back(std::static_pointer_cast<Connection>(client));
    }
    return all;
  }

  void leave_descriptors();
  void make_shares();
  void tell_of_a_full_share(const Door& door, const ConnectionQuota::Entry& entry);
  void admit(runtime::StreamPtr stream, const Door& door);
  static asio::awaitable<void> accept(std::shared_ptr<State> state, runtime::ListenerPtr listener, Door door);
  static asio::awaitable<void> serve(std::shared_ptr<State> state, std::shared_ptr<Connection> connection);
  // `state` outlives each of its connections.
  static asio::awaitable<Result<runtime::StreamPtr>> shake_hands(State* state, std::string address,
                                                                 runtime::StreamPtr below);
  static asio::awaitable<void> end_after_grace(std::shared_ptr<State> state);
  static asio::awaitable<void> record_denials(std::shared_ptr<State> state) { co_await state->denials.run(); }

  asio::any_io_executor executor;
  ApiOptions options;
  Services services;
  access::DenialRecorder denials;
  RefusedHandshakes refused_handshakes;
  runtime::Log& log;
  std::vector<std::pair<runtime::ListenerPtr, Door>> listeners;
  std::unique_ptr<ConnectionQuota> over_tcp;
  std::unique_ptr<ConnectionQuota> over_unix;
  bool stopping = false;
  runtime::TaskGroup tasks;
};

void ApiServer::State::leave_descriptors() {
  const auto limit = runtime::raise_descriptor_limit();
  const auto wanted = options.max_connections;
  options.max_connections = runtime::connections_within(limit, wanted);
  if (options.max_connections == wanted) return;
  log.write(runtime::LogLevel::Warning, "", "FewDescriptors",
            fmt::format("this process may open {} files only, so the API takes {} connections at once instead of {}: "
                        "raise the limit (LimitNOFILE=65536 in systemd, ulimit -n in a shell)",
                        limit, options.max_connections, wanted));
}

void ApiServer::State::make_shares() {
  const auto is_unix = [](const std::string& address) { return address.starts_with("unix:"); };
  const auto doors = std::ranges::count_if(options.listen, is_unix);
  const bool has_both = doors > 0 && doors < std::ssize(options.listen);
  const auto share = [&](std::size_t quarters) {
    return std::make_unique<ConnectionQuota>(
        api::part_of(options.max_connections, options.arriving_bytes, options.leaving_bytes, has_both ? quarters : 4));
  };
  over_tcp = share(3);
  over_unix = share(1);
}

void ApiServer::State::tell_of_a_full_share(const Door& door, const ConnectionQuota::Entry& entry) {
  const auto most = share_of(door).limits().connections;
  const auto full =
      fmt::format("{}: all {} connections of {} are taken", door.address, most, door.over_tcp ? "TCP" : "Unix sockets");
  if (!entry.is_in) {
    log.write(runtime::LogLevel::Warning, "", "ApiFull",
              full + " and none of them can make room: a connection was refused");
  } else if (entry.gave_way && entry.was_doing != ClientConnection::Doing::Idle) {
    log.write(runtime::LogLevel::Warning, "", "ApiFull", full + " and none is idle: the slowest was closed");
  }
}

void ApiServer::State::admit(runtime::StreamPtr stream, const Door& door) {
  auto& share = share_of(door);
  const auto party = api::party_of(stream->peer());
  Connection::Handling handling;
  handling.refuse = [this](Request request) { return api::refuse(services, std::move(request)); };
  handling.dispatch = [this](Request request) { return api::dispatch(services, std::move(request)); };
  auto connection = std::make_shared<Connection>(std::move(stream), door, options, share, std::move(handling));
  const auto entry = share.enter(connection, party);
  tell_of_a_full_share(door, entry);
  if (!entry.is_in) return connection->close();  // this one has to come again
  tasks.spawn("connection on " + door.address, serve(shared_from_this(), std::move(connection)));
}

asio::awaitable<void> ApiServer::State::serve(std::shared_ptr<State> state, std::shared_ptr<Connection> connection) {
  const LeavesShare leaves{*connection};
  co_await Connection::serve(connection);
}

asio::awaitable<Result<runtime::StreamPtr>> ApiServer::State::shake_hands(State* state, std::string address,
                                                                          runtime::StreamPtr below) {
  const auto peer = below->peer();
  auto secured = co_await state->options.handshake(std::move(below));
  if (!secured) state->refused_handshakes.note(address, peer, secured.error());
  co_return secured;
}

asio::awaitable<void> ApiServer::State::accept(std::shared_ptr<State> state, runtime::ListenerPtr listener, Door door) {
  asio::steady_timer pause(state->executor);
  while (!state->stopping) {
    auto accepted = co_await listener->accept();
    if (accepted) {
      state->admit(std::move(*accepted), door);
      co_await asio::post(asio::use_awaitable);  // those who are in have their turn before the next comes
      continue;
    }
    if (accepted.error().code == ErrorCode::cancelled) co_return;
    // Out of descriptors, most likely: make room and give others a moment.
    state->log.write(runtime::LogLevel::Warning, "", "ApiAcceptFailed", door.address + ": " + accepted.error().message);
    state->share_of(door).make_room();
    pause.expires_after(std::chrono::milliseconds(100));
    (void)co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

asio::awaitable<void> ApiServer::State::end_after_grace(std::shared_ptr<State> state) {
  asio::steady_timer timer(state->executor);
  const auto end = runtime::after(state->options.stop_grace);
  while (!state->connections().empty() && std::chrono::steady_clock::now() < end) {
    timer.expires_after(std::chrono::milliseconds(10));
    (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  for (const auto& connection : state->connections()) connection->close();
  if (!state->connections().empty()) state->tasks.cancel();
}

ApiServer::ApiServer(asio::any_io_executor executor, ApiOptions options, status::Board& board,
                     requests::Control& control, ports::Store& store, runtime::Metrics& metrics,
                     const access::Gate& gate, runtime::Log& log)
    : state_(std::make_shared<State>(std::move(executor), std::move(options), board, control, store, metrics, gate,
                                     log)) {}

// Tasks hold the state, so that one that ends late finds it.
ApiServer::~ApiServer() {
  for (const auto& [listener, door] : state_->listeners) listener->close();
  for (const auto& connection : state_->connections()) connection->close();
  state_->tasks.cancel();
}

Result<void> ApiServer::listen() {
  state_->leave_descriptors();
  state_->make_shares();
  decltype(state_->listeners) taken;
  for (const auto& text : state_->options.listen) {
    const auto address = parse_address(text);
    if (!address) return within("api.listen", address.error());
    auto listener = address->door.over_tcp
                        ? runtime::listen_tcp(state_->executor, address->host, address->port)
                        : runtime::listen_unix(state_->executor, address->path, state_->options.socket_mode);
    if (!listener) {
      for (const auto& [other, door] : taken) other->close();
      return within("api.listen: " + text, listener.error());
    }
    taken.emplace_back(std::move(*listener), address->door);
    if (!address->door.over_tcp || !state_->options.handshake) continue;
    taken.back().second.handshake = [state = state_.get(), text](runtime::StreamPtr below) {
      return State::shake_hands(state, text, std::move(below));
    };
  }
  state_->listeners = std::move(taken);
  return {};
}

int ApiServer::port(std::size_t nth) const {
  return nth < state_->listeners.size() ? state_->listeners[nth].first->port() : 0;
}

asio::awaitable<void> ApiServer::run() {
  const auto state = state_;
  for (const auto& [listener, door] : state->listeners) {
    state->tasks.spawn("accept on " + door.address, State::accept(state, listener, door));
  }
  state->tasks.spawn("denials", State::record_denials(state));
  co_await state->tasks.join();
}

asio::awaitable<void> ApiServer::record_denials() {
  const auto state = state_;
  co_await state->denials.flush();
}

void ApiServer::stop() {
  if (state_->stopping) return;
  state_->stopping = true;
  for (const auto& [listener, door] : state_->listeners) listener->close();
  for (const auto& connection : state_->connections()) connection->stop();
  state_->denials.stop();
  state_->tasks.spawn("stop", State::end_after_grace(state_));
}

}  // namespace teal::api
