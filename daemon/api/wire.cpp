#include "daemon/api/wire.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>

namespace teal::api {
namespace {

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
  }
  return "Unknown";
}

// Written once a second.
const std::string& date_of_now() {
  using Second = std::chrono::sys_seconds;
  thread_local Second written;
  thread_local std::string text;
  const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  if (now != written) text = fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(now));
  written = now;
  return text;
}

}  // namespace

std::string head_of(const Response& response, Framing framing) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nServer: teald\r\nDate: {}\r\n", response.status,
                                 phrase(response.status), date_of_now());
  head += fmt::format("Content-Type: {}\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n",
                      response.content_type);
  for (const auto& [name, value] : response.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (framing.chunked) head += "Transfer-Encoding: chunked\r\n";
  if (framing.has_length) head += fmt::format("Content-Length: {}\r\n", framing.length);
  head += framing.keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

std::string chunk_head(std::size_t size) { return fmt::format("{:x}\r\n", size); }

boost::asio::awaitable<Result<void>> write_in_pieces(runtime::StreamPtr stream, std::string_view data,
                                                     runtime::Deadline deadline) {
  constexpr std::size_t piece = 64 * 1024;
  while (!data.empty()) {
    const auto written = co_await stream->write(data.substr(0, piece), deadline);
    if (!written) co_return written;
    data.remove_prefix(std::min(piece, data.size()));
  }
  co_return Result<void>{};
}

}  // namespace teal::api
