// One piece of work at a time, between which the loop serves everybody else: hundreds of passes that are ready at the
// same moment would otherwise stand before a client that has just connected, at each step that its request takes.
//
// Whoever waits for a turn goes on in the order in which they came, each in a handler of its own that is queued once
// the one before has run. So what is between two turns lasts as long as one piece of work, however many wait.
// One thread, the executor's. Must not be destroyed while somebody runs in a turn; those who wait are never resumed.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <deque>
#include <memory>

namespace teal::runtime {

class LoopTurns {
 public:
  explicit LoopTurns(boost::asio::any_io_executor executor);
  ~LoopTurns();
  LoopTurns(const LoopTurns&) = delete;
  LoopTurns& operator=(const LoopTurns&) = delete;

  // Resumes in the caller's turn, which lasts until it waits for something else.
  [[nodiscard]] boost::asio::awaitable<void> take();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::runtime
