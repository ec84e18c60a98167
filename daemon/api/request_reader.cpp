#include "daemon/api/request_reader.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <iterator>
#include <utility>

namespace teal::api {

namespace asio = boost::asio;
namespace http = boost::beast::http;

RequestReader::RequestReader(runtime::StreamPtr stream, std::string& buffer, const ApiOptions& options,
                             ClientConnection& client, ConnectionQuota& share)
    : stream_(std::move(stream)), buffer_(buffer), options_(options), client_(client), share_(share) {
  parser_.header_limit(max_head);
  parser_.body_limit(max_body);
}

asio::awaitable<bool> RequestReader::head() {
  bool has_begun = !buffer_.empty();
  runtime::Deadline deadline = runtime::after(has_begun ? options_.header_timeout : options_.idle_timeout);
  for (;;) {
    const auto verdict = scan_.look(buffer_);
    if (scan_.size() > max_head) co_return refuse(431, "the headers are larger than 16 KiB");
    if (verdict == HeadScan::Verdict::Refused) co_return refuse(400, scan_.why());
    if (verdict == HeadScan::Verdict::Whole) break;
    if (!co_await more(2048, deadline)) co_return false;
    if (!has_begun) deadline = runtime::after(options_.header_timeout);
    has_begun = true;
  }
  parser_.eager(false);  // so that what comes after the body is not taken for headers
  if (!parse(scan_.size())) co_return false;
  co_return parser_.is_header_done() || refuse(400, "this is not HTTP");
}

asio::awaitable<bool> RequestReader::body() {
  const auto deadline = runtime::after(options_.body_timeout);
  if (boost::beast::iequals(parser_.get()[http::field::expect], "100-continue") && !parser_.is_done()) {
    const auto told = co_await stream_->write("HTTP/1.1 100 Continue\r\n\r\n", runtime::after(options_.write_timeout));
    if (!told) co_return false;
  }
  parser_.eager(true);
  const auto fields = count_fields();
  while (!parser_.is_done()) {
    if (!buffer_.empty() && !parse(buffer_.size())) co_return false;
    if (parser_.is_done()) break;
    // Chunks' extensions and what follows the last one have no limit of their own.
    if (buffer_.size() > max_head) co_return refuse(400, "a chunk's head is larger than 16 KiB");
    if (!co_await more(max_head, deadline)) co_return false;
  }
  if (buffer_.empty()) buffer_.shrink_to_fit();
  // What is read of them by one and passed over by another could be taken for two things.
  co_return count_fields() == fields || refuse(400, "fields behind the body are not taken");
}

asio::awaitable<bool> RequestReader::more(std::size_t most, runtime::Deadline deadline) {
  piece_.resize(most);
  const auto count = co_await stream_->read_some(piece_.data(), piece_.size(), deadline);
  if (!count || *count == 0) co_return false;
  if (client_.doing() == ClientConnection::Doing::Idle) client_.begins(ClientConnection::Doing::Receiving);
  buffer_.append(piece_.data(), *count);
  if (share_.hold_arriving(client_, buffer_.capacity() + parser_.get().body().capacity())) co_return true;
  co_return refuse(503, "incomplete requests hold all the memory they are allowed");
}

bool RequestReader::parse(std::size_t size) {
  boost::system::error_code error;
  buffer_.erase(0, parser_.put(asio::buffer(buffer_.data(), size), error));
  if (!error || error == http::error::need_more) return true;
  if (error == http::error::header_limit) return refuse(431, "the headers are larger than 16 KiB");
  if (error == http::error::body_limit) return refuse(413, "the body is larger than 1 MiB");
  if (error == http::error::bad_version) return refuse(505, "this server speaks HTTP/1.1");
  return refuse(400, "this is not HTTP: " + error.message());
}

std::ptrdiff_t RequestReader::count_fields() const { return std::distance(parser_.get().begin(), parser_.get().end()); }

bool RequestReader::refuse(int status, std::string why) {
  refusal_ = {status, std::move(why)};
  return false;
}

std::string RequestReader::method() const {
  const auto method = parser_.get().method_string();
  return {method.data(), method.size()};
}

std::string RequestReader::target() const {
  const auto target = parser_.get().target();
  return {target.data(), target.size()};
}

std::vector<std::string> RequestReader::fields(http::field name) const {
  std::vector<std::string> values;
  const auto range = parser_.get().equal_range(name);
  for (auto at = range.first; at != range.second; ++at) values.emplace_back(at->value().data(), at->value().size());
  return values;
}

std::string RequestReader::field(std::string_view name) const {
  const auto value = parser_.get()[boost::beast::string_view{name.data(), name.size()}];
  return {value.data(), value.size()};
}

std::string RequestReader::field(http::field name) const {
  const auto value = parser_.get()[name];
  return {value.data(), value.size()};
}

}  // namespace teal::api
