// The text of HTTP/1.1 answers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/api/message.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::api {

struct Framing {
  bool keep_alive = false;
  bool chunked = false;
  bool has_length = true;
  std::size_t length = 0;  // of the body
};

// Status line and headers, up to and with the empty line.
[[nodiscard]] std::string head_of(const Response& response, Framing framing);
// What goes before a chunk of so many bytes; after it goes a line's end.
[[nodiscard]] std::string chunk_head(std::size_t size);

// All of it, a piece at a time, so that a stream that encrypts into memory never holds more than one. Errors as of
// Stream::write.
[[nodiscard]] boost::asio::awaitable<Result<void>> write_in_pieces(runtime::StreamPtr stream, std::string_view data,
                                                                   runtime::Deadline deadline);

}  // namespace teal::api
