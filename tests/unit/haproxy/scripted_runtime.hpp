// A Runtime API that answers what a test says, over a Unix socket of the test's own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/runtime/stream.hpp"

namespace teal::test {

class ScriptedRuntime {
 public:
  // The answer to one line of commands. As HAProxy does, the connection is closed after it.
  using Answer = std::function<std::string(const std::string& line)>;

  explicit ScriptedRuntime(boost::asio::io_context& loop);
  ~ScriptedRuntime();

  void answer(Answer answer);
  // From now on it reads and says nothing.
  void fall_silent();
  // Stops listening; its socket's file is gone.
  void stop();
  [[nodiscard]] const std::string& path() const;
  // Every line it got, in order.
  [[nodiscard]] const std::vector<std::string>& lines() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::test
