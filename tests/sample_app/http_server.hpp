#pragma once
// A small HTTP/1.1 server, one thread a connection, with keep-alive.
//
// Stopping is graceful: connections that already wait to be accepted are served, a request in flight is answered with
// `Connection: close`, an idle connection is closed, and serve() returns when the last one has ended. A request head
// over 16 KiB, a body over 1 MiB or a chunked body is refused with a 4xx and the connection is closed.
#include <functional>
#include <map>
#include <string>

namespace sample {

struct Request {
  std::string method;
  std::string path;                          // without the query
  std::map<std::string, std::string> query;  // not percent-decoded: the sample's values are numbers
};

struct Response {
  int status = 200;
  std::string body;  // JSON
};

using Handler = std::function<Response(const Request&)>;

// Listens on every address and serves until `stop_fd` becomes readable. `listening` is called once the port is open.
// Throws std::system_error when the port cannot be opened.
void serve(int port, int stop_fd, const Handler& handler, const std::function<void()>& listening);

}  // namespace sample
