#include "daemon/api/chunk_sink.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "daemon/api/wire.hpp"

namespace teal::api {

namespace asio = boost::asio;

ChunkSink::ChunkSink(const asio::any_io_executor& executor, runtime::StreamPtr stream, ClientConnection& client,
                     ConnectionQuota& share, Duration write_timeout, bool chunked)
    : stream_(std::move(stream)),
      client_(client),
      share_(share),
      write_timeout_(write_timeout),
      timer_(executor),
      chunked_(chunked) {}

asio::awaitable<bool> ChunkSink::write(SharedText whole, std::string_view part) {
  if (ended_) co_return false;
  if (part.empty()) co_return true;
  client_.begins(ClientConnection::Doing::Sending);
  share_.hold_leaving(client_, whole);
  const auto deadline = runtime::after(write_timeout_);
  std::string head = chunked_ ? chunk_head(part.size()) : std::string{};
  const bool is_large = part.size() > 64 * 1024;  // not copied, at the price of more writes
  if (!is_large) head += part;
  if (!is_large && chunked_) head += "\r\n";
  auto written = co_await stream_->write(head, deadline);
  if (written && is_large) written = co_await write_in_pieces(stream_, part, deadline);
  if (written && is_large && chunked_) written = co_await stream_->write("\r\n", deadline);
  share_.hold_leaving(client_, nullptr);
  client_.begins(ClientConnection::Doing::Idle);
  co_return written.has_value() && !ended_;
}

// A client that has gone is noticed once a second: nobody reads from the stream meanwhile.
asio::awaitable<bool> ChunkSink::wait(Duration longest) {
  const auto end = runtime::after(longest);
  woken_ = false;
  while (!woken_ && !ended_ && std::chrono::steady_clock::now() < end) {
    timer_.expires_at(std::min(end, runtime::after(std::chrono::seconds(1))));
    (void)co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!stream_->quiet()) co_return false;
  }
  co_return !ended_;
}

void ChunkSink::wake() {
  woken_ = true;
  timer_.cancel();
}

void ChunkSink::end() {
  ended_ = true;
  wake();
}

asio::awaitable<void> ChunkSink::finish() {
  if (chunked_) (void)co_await stream_->write("0\r\n\r\n", runtime::after(std::chrono::seconds(1)));
}

}  // namespace teal::api
