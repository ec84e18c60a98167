#include "daemon/api/followed_log.hpp"

#include <algorithm>
#include <utility>

#include "controllers/records/kept_log.hpp"

namespace teal::api {

namespace asio = boost::asio;

void LogLook::take(std::string_view log) {
  text = shared(records::without_times(log));
  timed = shared(records::with_times(log));
}

FollowedLog::FollowedLog(requests::Control& control, ports::Store& store, std::string application, int revision,
                         std::string container)
    : control_(control),
      store_(store),
      application_(std::move(application)),
      revision_(revision),
      container_(std::move(container)) {}

asio::awaitable<LogLook> FollowedLog::look(std::shared_ptr<FollowedLog> self, LogLook::Clock::time_point earliest) {
  for (;;) {
    if (self->newest_.begun >= earliest) co_return self->newest_;
    if (!self->is_asked_) break;
    co_await self->answered_.wait();
  }
  struct Asking {
    FollowedLog& log;
    ~Asking() {
      log.is_asked_ = false;
      log.answered_.ring();
    }
  };
  self->is_asked_ = true;
  const Asking asking{*self};
  self->newest_ = co_await self->ask();
  co_return self->newest_;
}

asio::awaitable<LogLook> FollowedLog::ask() {
  LogLook look;
  look.begun = LogLook::Clock::now();
  auto live = co_await control_.live_log(application_, container_);
  if (live) {
    look.take(*live);
    co_return look;
  }
  auto kept = co_await store_.logs(application_, revision_);
  if (!kept) look.error = kept.error();
  if (!kept) co_return look;
  const auto found = std::ranges::find(*kept, container_, &std::pair<std::string, std::string>::first);
  look.is_kept = found != kept->end();
  if (look.is_kept) look.take(found->second);
  if (!look.is_kept) look.error = live.error();
  co_return look;
}

std::shared_ptr<FollowedLog> FollowedLogs::of(const std::string& application, int revision,
                                              const std::string& container) {
  std::erase_if(logs_, [](const auto& entry) { return entry.second.expired(); });
  auto& known = logs_[{application, revision, container}];
  auto log = known.lock();
  if (!log) known = log = std::make_shared<FollowedLog>(control_, store_, application, revision, container);
  return log;
}

}  // namespace teal::api
