#include "tests/stress/replicas.hpp"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <future>
#include <set>

#include "daemon/runtime/stream.hpp"

namespace teal::test {

namespace asio = boost::asio;
using namespace std::chrono_literals;

struct Replicas::Replica {
  runtime::ListenerPtr listener;
  std::set<runtime::StreamPtr> streams;
  bool hangs = false;
  int served = 0;
};

namespace {

template <class Replica>
asio::awaitable<void> serve_one(std::shared_ptr<Replica> replica, runtime::StreamPtr stream) {
  asio::steady_timer timer{co_await asio::this_coro::executor};
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos) {
      const auto count = co_await stream->read_some(buffer, sizeof buffer, runtime::no_deadline);
      if (!count || *count == 0) break;
      text.append(buffer, *count);
      continue;
    }
    const bool slow = text.starts_with("GET /slow ");
    text.erase(0, end + 4);
    if (slow) {
      timer.expires_after(50ms + std::chrono::milliseconds{replica->served++ * 37 % 200});
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (replica->hangs) continue;
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    if (!co_await stream->write(answer, runtime::no_deadline)) break;
  }
  stream->close();
  replica->streams.erase(stream);
}

template <class Replica>
asio::awaitable<void> accept_every(std::shared_ptr<Replica> replica) {
  const auto executor = co_await asio::this_coro::executor;
  for (;;) {
    auto stream = co_await replica->listener->accept();
    if (!stream) co_return;
    replica->streams.insert(*stream);
    asio::co_spawn(executor, serve_one(replica, *stream), asio::detached);
  }
}

}  // namespace

Replicas::Replicas() : thread_([this] { loop_.run(); }) {}

Replicas::~Replicas() {
  loop_.stop();
  thread_.join();
}

template <class Work>
void Replicas::on_loop(Work work) {
  std::promise<void> done;
  asio::post(loop_, [&] {
    work();
    done.set_value();
  });
  done.get_future().wait();
}

std::string Replicas::start(const std::string& name) {
  std::string address;
  on_loop([&] {
    auto replica = std::make_shared<Replica>();
    replica->listener = runtime::listen_tcp(loop_.get_executor(), "127.0.0.1", "0").value();
    address = fmt::format("127.0.0.1:{}", replica->listener->port());
    asio::co_spawn(loop_, accept_every(replica), asio::detached);
    replicas_[name] = std::move(replica);
  });
  return address;
}

void Replicas::kill(const std::string& name) {
  on_loop([&] {
    const auto found = replicas_.find(name);
    if (found == replicas_.end()) return;
    found->second->listener->close();
    const auto streams = std::move(found->second->streams);
    found->second->streams.clear();
    for (const auto& stream : streams) stream->close();
    replicas_.erase(found);
  });
}

void Replicas::hang(const std::string& name) {
  on_loop([&] {
    if (const auto found = replicas_.find(name); found != replicas_.end()) found->second->hangs = true;
  });
}

}  // namespace teal::test
