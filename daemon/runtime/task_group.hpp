// Structured concurrency: named coroutines with an owner; nothing runs detached.
//
// Single-threaded: all calls on the group's executor. The first exception that leaves a task (a bug) is kept and ends
// the program through `on_failure`; a task that is cancelled ends quietly.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace teal::runtime {

class TaskGroup {
 public:
  using OnFailure = std::function<void(const std::string& task, std::exception_ptr)>;

  TaskGroup(boost::asio::any_io_executor executor, OnFailure on_failure);
  ~TaskGroup();  // cancels what is left
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  void spawn(std::string name, boost::asio::awaitable<void> task);
  // Cancels every task (terminal cancellation).
  void cancel();
  // Returns when no task is left.
  [[nodiscard]] boost::asio::awaitable<void> join();
  [[nodiscard]] std::size_t size() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace teal::runtime
