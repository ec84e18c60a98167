// Reports changes in a set of directories as soon as the kernel announces them (inotify).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <set>
#include <string>

#include "manifests/foundation/time.hpp"

namespace teal::daemon {

class PathWatch {
 public:
  explicit PathWatch(boost::asio::any_io_executor executor);

  // From now on these, of which some may be missing; true when they are others than before, so that what happened
  // meanwhile may have been missed.
  bool watch(const std::set<std::string>& folders);

  // Waits for an announcement, at most this long. True when there was one.
  [[nodiscard]] boost::asio::awaitable<bool> changed(Duration limit);

 private:
  bool drain();

  boost::asio::any_io_executor executor_;
  boost::asio::steady_timer timer_;
  std::shared_ptr<boost::asio::posix::stream_descriptor> readable_;  // null: the kernel announces nothing
  std::set<std::string> folders_;
};

}  // namespace teal::daemon
