// A server that answers with the bytes it is told, for clients under test.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "daemon/http/http_client.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::test {

struct Reply {
  std::vector<std::string> pieces;  // written one after the other, with `pause` between them
  Duration pause{0};
  bool close = false;  // after the last piece
  bool deaf = false;   // write the pieces without reading the request
};

// Each request, on whatever connection, takes the next reply of the script; without one the connection is closed.
class ScriptedServer {
 public:
  explicit ScriptedServer(boost::asio::io_context& loop);
  ~ScriptedServer();

  void script(Reply reply);
  [[nodiscard]] http::Endpoint endpoint() const;
  [[nodiscard]] const std::vector<std::string>& requests() const;
  [[nodiscard]] int connections() const;
  // Closes what is open, as a server does that ends idle connections.
  void close_connections();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

[[nodiscard]] std::string ok(std::string_view body);

}  // namespace teal::test
