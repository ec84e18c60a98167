// One HTTP request and its response over one connected stream; hides the client's use of Beast.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>

#include "daemon/http/http_client.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::http {

struct Limits {
  runtime::Deadline headers = runtime::no_deadline;  // everything up to the end of the answer's headers
  runtime::Deadline body = runtime::no_deadline;     // the whole body
  Silence idle{};                                    // between two pieces of the body; unset: no limit
  std::size_t max_body = 8 << 20;                    // of what is collected in Response.body
  BytesWanted wanted{};                              // set: the answer is read as Client::ask has it
};

// Unset: the body is collected. Else it gets each piece of an answer below 400, and ends the exchange with false.
using OnData = std::function<bool(std::string_view)>;
// Called when the headers of an answer below 400 are there.
using OnOpen = std::function<void()>;

struct Exchange {
  Result<Response> response = Error{};
  bool answered = false;  // at least one byte of an answer came
  bool reusable = false;  // the stream is at the start of a next exchange
};

// The request as it goes over the wire. Errors: invalid (a line break or another control character in a field).
[[nodiscard]] Result<std::string> serialize(const Request& request, const Endpoint& endpoint);

// `wire` is a serialised request; `head`: the answer has no body whatever its headers say.
[[nodiscard]] boost::asio::awaitable<Exchange> exchange(runtime::StreamPtr stream, std::string wire, bool head,
                                                        Limits limits, OnData on_data, OnOpen on_open);

}  // namespace teal::http
