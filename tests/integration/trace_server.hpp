// Where teald sends its traces: answers 200 to everything, on a thread of its own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <string>
#include <thread>

#include "tests/support/scripted_server.hpp"
#include "tests/support/trace_receiver.hpp"

namespace teal::test {

class TraceServer {
 public:
  TraceServer() {
    for (int i = 0; i < 1000; ++i) {
      Reply reply;
      reply.pieces = {ok("{}")};
      server_.script(std::move(reply));
    }
    thread_ = std::thread{[this] { loop_.run(); }};
  }
  ~TraceServer() { stop(); }
  TraceServer(const TraceServer&) = delete;
  TraceServer& operator=(const TraceServer&) = delete;

  [[nodiscard]] std::string url() const { return http::to_string(server_.endpoint()); }
  // Ends it; what came until then.
  [[nodiscard]] TraceReceiver received() {
    stop();
    TraceReceiver receiver;
    for (const auto& request : server_.requests()) receiver.take_request(request);
    return receiver;
  }
  // Ends it; the requests as they came until then.
  [[nodiscard]] std::string said() {
    stop();
    std::string all;
    for (const auto& request : server_.requests()) all += request;
    return all;
  }

 private:
  void stop() {
    loop_.stop();
    if (thread_.joinable()) thread_.join();
  }

  boost::asio::io_context loop_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{loop_.get_executor()};
  ScriptedServer server_{loop_};
  std::thread thread_;
};

}  // namespace teal::test
