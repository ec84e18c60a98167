// One HTTP request and its answer, as handlers see them; no Beast here.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "controllers/records/requester.hpp"
#include "daemon/access/gate.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::api {

struct Request {
  std::string method;                        // "GET"
  std::string target;                        // as it was sent
  std::vector<std::string> segments;         // of the path, decoded: valid UTF-8 without control characters
  std::map<std::string, std::string> query;  // likewise
  std::string host;
  std::string origin;           // empty when it has none
  std::string content_type;     // lower case, without parameters
  std::string accept;           // as it was sent
  std::string accept_encoding;  // likewise
  std::string if_none_match;    // likewise
  std::string id;               // X-Request-Id: the client's own, or one that is made for it
  std::string body;
  bool announces_body = false;  // by a Content-Length of more than "{}", before the body is there
  std::string local_address;    // numeric, on which it came in; empty on a Unix socket
  access::Credentials credentials;
  // Of whoever asks: `dispatch` puts them in once the gate has let the request in.
  access::Identity identity;
  records::Requester by;
};

// A text that many may be reading at once, each at its own pace.
using SharedText = std::shared_ptr<const std::string>;

[[nodiscard]] inline SharedText shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// The answer that has no end yet: chunks as they come.
class Sink {
 public:
  virtual ~Sink() = default;
  // `part` of `whole`, which is held until it is written. False when the client is gone or too slow, or the server
  // stops: end the stream.
  [[nodiscard]] virtual boost::asio::awaitable<bool> write(SharedText whole, std::string_view part) = 0;
  [[nodiscard]] boost::asio::awaitable<bool> write(std::string data) {
    auto whole = shared(std::move(data));
    const std::string_view all = *whole;
    return write(std::move(whole), all);
  }
  // Returns after `longest`, at `wake`, or when the stream should end, whichever is first. False: end the stream.
  [[nodiscard]] virtual boost::asio::awaitable<bool> wait(Duration longest) = 0;
  virtual void wake() = 0;
};
using SinkPtr = std::shared_ptr<Sink>;
using Streamer = std::function<boost::asio::awaitable<void>(SinkPtr)>;

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  SharedText shared_body;  // when set, the body: not copied for each who asks
  std::vector<std::pair<std::string, std::string>> headers;
  Streamer stream;  // when set, the body is what it writes
};

}  // namespace teal::api
