// The text of HTTP/1.1 answers.
#pragma once

#include <string>

#include "daemon/api/message.hpp"

namespace teal::api {

struct Framing {
  bool keep_alive = false;
  bool chunked = false;
  bool has_length = true;
};

// Status line and headers, up to and with the empty line.
[[nodiscard]] std::string head_of(const Response& response, Framing framing);
[[nodiscard]] std::string chunk_of(const std::string& data);

}  // namespace teal::api
