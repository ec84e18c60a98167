// Keeps the tokens that are good what their file says, while it changes.
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
  // All outlive it. `say` gets one sentence for each change: how many there are now, or why the file is no good, in
  // which case the last good tokens stay.
  TokenWatch(std::string path, BlockingPool& files, Tokens& tokens,
             std::function<void(bool good, std::string sentence)> say);

  // Looks at the file once; reads it if it is another than it was, or was no good.
  [[nodiscard]] boost::asio::awaitable<void> look();
  // Looks every two seconds until it is cancelled: a change is taken over within five (contract).
  [[nodiscard]] boost::asio::awaitable<void> run();

 private:
  std::string path_;
  BlockingPool& files_;
  Tokens& tokens_;
  std::function<void(bool, std::string)> say_;
  void refused(const std::string& why);

  std::string looks_;  // the file when it was last read well; empty: never, or not any more
  std::string said_;   // why it is no good, as it was said last
};

}  // namespace teal::access
