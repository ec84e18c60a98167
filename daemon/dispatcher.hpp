// Runs the reconciler's passes when they are due: sequentially per application, concurrently across applications.
//
// Single-threaded.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

#include "controllers/ports/clock.hpp"
#include "controllers/ports/telemetry.hpp"
#include "controllers/reconcile/work_queue.hpp"
#include "daemon/runtime/task_group.hpp"

namespace teal::daemon {

class Dispatcher {
 public:
  using Pass = std::function<boost::asio::awaitable<std::optional<Time>>(std::string)>;

  // `engine_of` an application: passes wait for engines, so of each engine only so many are under way at a time.
  // `clock`, `telemetry` and `tasks` outlive the dispatcher.
  Dispatcher(boost::asio::any_io_executor executor, const ports::Clock& clock, ports::Telemetry& telemetry,
             runtime::TaskGroup& tasks, reconcile::WorkQueue::LaneOf engine_of, Pass pass);

  // A pass for this application, as soon as the one under way (if any) is over.
  void wake(const std::string& name);

  // Until cancelled.
  [[nodiscard]] boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<void> work(std::string name);

  const ports::Clock& clock_;
  ports::Telemetry& telemetry_;
  runtime::TaskGroup& tasks_;
  Pass pass_;
  reconcile::WorkQueue queue_;
  boost::asio::steady_timer timer_;
};

}  // namespace teal::daemon
