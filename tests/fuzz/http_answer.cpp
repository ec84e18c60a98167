// HTTP answers, of an engine or of anybody else who is asked: whole, streamed, and to HEAD.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>

#include "daemon/http/http_client_exchange.hpp"
#include "tests/fuzz/expectation.hpp"
#include "tests/fuzz/memory_stream.hpp"

namespace {

using teal::fuzz::expect;

constexpr std::size_t most = 4096;

void ask(std::string_view text, std::size_t piece, bool head, bool streamed) {
  boost::asio::io_context loop;
  const auto stream = std::make_shared<teal::fuzz::MemoryStream>(text, piece);
  teal::http::Limits limits;
  limits.max_body = most;
  teal::http::OnData on_data;
  std::size_t seen = 0;
  if (streamed) {
    on_data = [&seen](std::string_view data) {
      seen += data.size();
      return seen < most;
    };
  }
  bool ended = false;
  boost::asio::co_spawn(loop, teal::http::exchange(stream, "GET / HTTP/1.1\r\n\r\n", head, limits, on_data, nullptr),
                        [&](const std::exception_ptr& failure, const teal::http::Exchange& exchange) {
                          ended = true;
                          expect(!failure, "no exception");
                          expect(!exchange.reusable || exchange.response, "only what succeeded is used again");
                          if (!exchange.response) return;
                          expect(exchange.response->status >= 101 && exchange.response->status <= 999, "a status");
                          expect(exchange.response->body.size() <= most, "no more than was asked for");
                        });
  loop.run();
  expect(ended, "an end");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  ask(text, 16384, false, false);
  ask(text, 7, false, true);
  ask(text, 1, true, false);
  return 0;
}
