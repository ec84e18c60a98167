// What clients send to the API: through the real parser and the real routes, over a connection without a socket. On the
// Unix socket, where everything may be written, and on TCP, where nothing may.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>

#include "daemon/api/connection.hpp"
#include "daemon/api/routes.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/memory_stream.hpp"
#include "tests/support/fake_store.hpp"

namespace {

using namespace teal;
using fuzz::expect;
namespace asio = boost::asio;

class CountingControl final : public requests::Control {
 public:
  int changes = 0;

  asio::awaitable<Result<objects::Plan>> plan(std::string, std::optional<spec::Application>, bool) override {
    co_return objects::Plan{};
  }
  asio::awaitable<Result<void>> request(std::string, records::VerbRequest) override { co_return changed(); }
  asio::awaitable<Result<void>> apply(spec::Application, records::Requester, bool) override { co_return changed(); }
  asio::awaitable<Result<void>> remove(std::string, records::Requester) override { co_return changed(); }
  asio::awaitable<Result<std::string>> live_log(std::string, std::string container) override { co_return container; }
  requests::DaemonReadiness readiness() const override { return {false, {"this is a fuzzer"}}; }

 private:
  Result<void> changed() {
    ++changes;
    return {};
  }
};

status::ApplicationView shop() {
  status::ApplicationView view;
  view.record.application.name = "shop";
  view.record.application.spec.version = "1";
  view.record.application.spec.image = "registry.example/shop";
  spec::Component component;
  component.name = "api";
  view.record.application.spec.components.push_back(component);
  return view;
}

struct World {
  World()
      : gate({}, tokens, clock),
        services(board, control, store, metrics, gate, {}, std::chrono::seconds{15}, std::chrono::milliseconds{500}) {
    board.publish(shop());
  }
  status::Board board{1000};
  CountingControl control;
  test::FakeStore store;
  runtime::Metrics metrics;
  access::Tokens tokens;
  daemon::WallClock clock;
  access::Gate gate;
  api::Services services;
};

void serve(std::string_view text, bool over_tcp) {
  static World world;  // the metrics' registry alone takes longer to make than a request to answer
  const int changes = world.control.changes;
  asio::io_context loop;
  const api::ApiOptions options;
  api::ConnectionQuota share{api::QuotaLimits{}};
  const auto stream = std::make_shared<fuzz::MemoryStream>(text, over_tcp ? 16384 : 11);
  api::Connection::Handling handling;
  handling.refuse = [](api::Request request) { return api::refuse(world.services, std::move(request)); };
  handling.dispatch = [](api::Request request) { return api::dispatch(world.services, std::move(request)); };
  const auto connection = std::make_shared<api::Connection>(
      stream, api::Door{over_tcp ? "127.0.0.1:7080" : "unix:/run/x", over_tcp}, options, share, handling);
  if (over_tcp) {
    stream->from.remote = runtime::PeerAddress{"127.0.0.1", 40000};
    stream->from.local = runtime::PeerAddress{"127.0.0.1", 7080};
  } else {
    stream->from.user = runtime::PeerUser{};
  }
  // A watch would go on until its client leaves: it is ended once it has begun.
  stream->on_write = [&] {
    if (stream->written.find("Content-Length: ") == std::string::npos) connection->stop();
  };
  expect(share.enter(connection, "fuzzer").is_in, "room");
  bool ended = false;
  asio::co_spawn(loop, api::Connection::serve(connection), [&](const std::exception_ptr& failure) {
    ended = true;
    expect(!failure, "no exception");
  });
  loop.run();
  expect(ended, "an end");
  const auto& answer = stream->written;
  expect(answer.empty() || answer.starts_with("HTTP/1.1 "), "an answer is HTTP");
  expect(answer.find("a bug in teald") == std::string::npos, "no exception in a handler");
  expect(!over_tcp || world.control.changes == changes, "nothing is changed over TCP");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  serve(text, false);
  serve(text, true);
  return 0;
}
