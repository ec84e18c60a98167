// An HTTP server whose answers a test computes from the requests.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace teal::test {

struct Asked {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // by lower-case name; of one that comes twice both, with a comma
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string{} : found->second;
  }
};

struct Said {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  bool cut = false;  // the connection is closed in the middle of the body
};

using Handler = std::function<boost::asio::awaitable<Said>(Asked)>;

class HandlerServer {
 public:
  HandlerServer(boost::asio::io_context& loop, Handler handler);
  ~HandlerServer();
  HandlerServer(const HandlerServer&) = delete;
  HandlerServer& operator=(const HandlerServer&) = delete;

  [[nodiscard]] int port() const;
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port()); }

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::test
