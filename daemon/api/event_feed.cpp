#include "daemon/api/event_feed.hpp"

#include <algorithm>

namespace teal::api {

namespace asio = boost::asio;

namespace {
constexpr std::size_t most = 1000;
}

asio::awaitable<Result<std::vector<ports::StoredEvent>>> EventFeed::events(ports::EventQuery query,
                                                                           Clock::time_point earliest) {
  if (const auto looked = co_await look(earliest); !looked) co_return looked.error();
  if (query.after < *floor_) co_return co_await store_.events(query);
  std::vector<ports::StoredEvent> found;
  for (const auto& stored : newest_) {
    if (stored.sequence <= query.after) continue;
    if (query.application.empty() || stored.event.application == query.application) found.push_back(stored);
  }
  if (found.size() > query.limit) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(query.limit));
  co_return found;
}

asio::awaitable<Result<void>> EventFeed::look(Clock::time_point earliest) {
  while (is_looked_) co_await done_.wait();
  if (floor_ && looked_ >= earliest) co_return Result<void>{};
  struct Looking {
    EventFeed& feed;
    ~Looking() {
      feed.is_looked_ = false;
      feed.done_.ring();
    }
  };
  is_looked_ = true;
  const Looking looking{*this};
  const auto begun = Clock::now();
  ports::EventQuery query;
  query.after = newest_.empty() ? floor_.value_or(0) : newest_.back().sequence;
  query.limit = most;
  const auto found = co_await store_.events(query);
  if (!found) co_return found.error();
  // So many that the store has left some out: only these are whole.
  if (found->size() == most) newest_.clear();
  if (!floor_ || found->size() == most) floor_ = found->size() == most ? found->front().sequence - 1 : 0;
  newest_.insert(newest_.end(), found->begin(), found->end());
  for (; newest_.size() > most; newest_.pop_front()) floor_ = newest_.front().sequence;
  looked_ = begun;
  co_return Result<void>{};
}

}  // namespace teal::api
