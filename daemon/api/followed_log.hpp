// A container's log, read once for all who read or follow it together: however many they are, the engine gets one
// request at a time, and they share one text. Reading stops with the last follower.
//
// Single-threaded. A slow follower skips reads, and delays nobody.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>

#include "controllers/ports/store.hpp"
#include "controllers/requests/control.hpp"
#include "daemon/api/message.hpp"
#include "daemon/api/wake_signal.hpp"

namespace teal::api {

struct LogLook {
  using Clock = std::chrono::steady_clock;
  Clock::time_point begun;
  SharedText text;             // as it was written; null: it has no log, now
  SharedText timed;            // the same with times
  std::optional<Error> error;  // why not
  bool is_kept = false;        // the container is gone, its log was kept

  void take(std::string_view log);  // as it is stored
};

class FollowedLog {
 public:
  FollowedLog(requests::Control& control, ports::Store& store, std::string application, int revision,
              std::string container);

  // The newest look, not begun before `earliest`.
  [[nodiscard]] static boost::asio::awaitable<LogLook> look(std::shared_ptr<FollowedLog> self,
                                                            LogLook::Clock::time_point earliest);

 private:
  [[nodiscard]] boost::asio::awaitable<LogLook> ask();

  requests::Control& control_;
  ports::Store& store_;
  std::string application_;
  int revision_;
  std::string container_;
  LogLook newest_;
  bool is_asked_ = false;  // at this moment
  WakeSignal answered_;
};

class FollowedLogs {
 public:
  // Both outlive it and its logs.
  FollowedLogs(requests::Control& control, ports::Store& store) : control_(control), store_(store) {}

  [[nodiscard]] std::shared_ptr<FollowedLog> of(const std::string& application, int revision,
                                                const std::string& container);

 private:
  requests::Control& control_;
  ports::Store& store_;
  std::map<std::tuple<std::string, int, std::string>, std::weak_ptr<FollowedLog>> logs_;
};

}  // namespace teal::api
