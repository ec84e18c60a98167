#include "daemon/runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <list>
#include <utility>

namespace teal::runtime {

namespace {

namespace asio = boost::asio;

bool is_cancellation(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const boost::system::system_error& error) {
    return error.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

struct TaskGroup::State {
  struct Task {
    std::string name;
    asio::cancellation_signal signal;
  };

  State(asio::any_io_executor its_executor, OnFailure its_on_failure)
      : executor(std::move(its_executor)), on_failure(std::move(its_on_failure)), empty(executor) {}

  // A list: a task may end, or start others, while all are being cancelled.
  void cancel() {
    cancelled = true;
    for (auto task = tasks.begin(); task != tasks.end();) {
      const auto current = task++;
      current->signal.emit(asio::cancellation_type::terminal);
    }
  }

  void ended(std::list<Task>::iterator task, const std::exception_ptr& failure) {
    const auto name = std::move(task->name);
    tasks.erase(task);
    if (tasks.empty()) empty.cancel();
    // An exception that says "cancelled" when nobody has cancelled is a bug like any other.
    if (failure && !(cancelled && is_cancellation(failure)) && on_failure) on_failure(name, failure);
  }

  asio::any_io_executor executor;
  OnFailure on_failure;
  std::list<Task> tasks;
  asio::steady_timer empty;  // never expires; cancelled when the last task has ended
  bool cancelled = false;
};

TaskGroup::TaskGroup(asio::any_io_executor executor, OnFailure on_failure)
    : state_(std::make_shared<State>(std::move(executor), std::move(on_failure))) {}

TaskGroup::~TaskGroup() {
  // The owner is going: what its tasks say from now on reaches nobody.
  state_->on_failure = nullptr;
  cancel();
}

void TaskGroup::spawn(std::string name, asio::awaitable<void> task) {
  const auto state = state_;
  state->tasks.emplace_back();
  const auto entry = std::prev(state->tasks.end());
  entry->name = std::move(name);
  auto on_end = [state, entry](std::exception_ptr failure) { state->ended(entry, failure); };
  asio::co_spawn(state->executor, std::move(task),
                 asio::bind_cancellation_slot(entry->signal.slot(), std::move(on_end)));
  // A group that was cancelled stays so: a task that comes late runs to its first suspension only.
  if (state->cancelled) entry->signal.emit(asio::cancellation_type::terminal);
}

void TaskGroup::cancel() {
  const auto state = state_;
  asio::dispatch(state->executor, [state] { state->cancel(); });
}

asio::awaitable<void> TaskGroup::join() {
  const auto state = state_;
  while (!state->tasks.empty()) {
    state->empty.expires_at(asio::steady_timer::time_point::max());
    co_await state->empty.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

std::size_t TaskGroup::size() const { return state_->tasks.size(); }

}  // namespace teal::runtime
