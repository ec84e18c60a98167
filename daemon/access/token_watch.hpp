// Keeps the valid tokens in sync with their file.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "daemon/access/tokens.hpp"
#include "daemon/runtime/blocking_pool.hpp"

namespace teal::access {

class TokenWatch {
 public:
  // Gets one sentence for each change: how many there are now, with what of them has changed since the reading before
  // (Tokens::replace), or why the file is no good, in which case the last good tokens stay.
  using Say = std::function<void(bool good, std::string sentence, std::string patch)>;

  // All outlive it.
  TokenWatch(std::string path, runtime::BlockingPool& files, Tokens& tokens, Say say);

  // Looks at the file once; reads it if it is another than it was, or was no good.
  [[nodiscard]] boost::asio::awaitable<void> look();
  // Looks every two seconds until it is cancelled: a change is taken over within five (contract).
  [[nodiscard]] boost::asio::awaitable<void> run();

 private:
  std::string path_;
  runtime::BlockingPool& files_;
  Tokens& tokens_;
  Say say_;
  void refused(const std::string& why);

  std::string looks_;  // the file when it was last read well; empty: never, or not any more
  bool has_read_ = false;
  std::string said_;  // why it is no good, as it was said last
};

}  // namespace teal::access
