// Events: a list, or the stream of them.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/watch_line.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// What there is for whoever asks; those who see all applications ask once. With `earliest` what was looked for then or
// later is new enough, so that those who watch ask together.
boost::asio::awaitable<Result<std::vector<ports::StoredEvent>>> find_events(
    Services& services, const Request& request, ports::EventQuery query,
    std::optional<EventFeed::Clock::time_point> earliest = std::nullopt) {
  std::vector<ports::StoredEvent> events;
  for (const auto& application : asked_applications(services, request)) {
    query.application = application;
    auto found = earliest ? co_await services.events.events(query, *earliest) : co_await services.store.events(query);
    if (!found) co_return found.error();
    std::ranges::move(*found, std::back_inserter(events));
  }
  std::ranges::sort(events, {}, &ports::StoredEvent::sequence);
  if (events.size() > query.limit)
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(query.limit));
  co_return events;
}

// The store tells nobody of new events, so it is asked, once for all who watch: at each change on the board, and now
// and then for events that change nothing there.
boost::asio::awaitable<void> stream_events(Services& services, Request request, ports::EventQuery query, SteadyTime end,
                                           SinkPtr sink) {
  const std::weak_ptr<Sink> weak = sink;
  // Since when there may be more than has been seen.
  const auto changed = std::make_shared<EventFeed::Clock::time_point>(EventFeed::Clock::now());
  const auto subscription = services.board.subscribe([weak, changed](const status::Change&) {
    *changed = EventFeed::Clock::now();
    if (const auto alive = weak.lock()) alive->wake();
  });
  auto next_bookmark = std::chrono::steady_clock::now();
  for (;;) {
    const auto earliest =
        std::max(*changed, EventFeed::Clock::now() - EventFeed::Clock::duration{services.event_check});
    const auto found = co_await find_events(services, request, query, earliest);
    std::string text;
    if (found) {
      for (const auto& stored : *found) {
        text += watch_line("ADDED", wire::encode(event_object(stored)));
        query.after = stored.sequence;
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_bookmark) {
      text += bookmark_line("Event", query.after);
      next_bookmark = now + services.bookmark;
    }
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    if (now >= end) co_return;
    if (!co_await sink->wait(services.event_check)) co_return;
  }
}

}  // namespace

Answer list_events(Services& services, Request request) {
  const auto parameters = watch_parameters(request);
  if (!parameters) co_return bad_request(parameters.error().message);
  const auto limit = number_parameter(request, "limit", 5000);
  if (!limit) co_return bad_request(limit.error().message);
  ports::EventQuery query;
  query.limit = limit->value_or(500);
  Response response;
  if (parameters->watch) {
    query.after = static_cast<std::int64_t>(parameters->resource_version.value_or(0));
    const auto end = parameters->timeout_seconds
                         ? std::chrono::steady_clock::now() + std::chrono::seconds(*parameters->timeout_seconds)
                         : SteadyTime::max();
    response.stream = [&services, request, query, end](SinkPtr sink) {
      return stream_events(services, request, query, end, std::move(sink));
    };
    co_return response;
  }
  const auto turn = co_await services.turns(request).take();
  const auto found = co_await find_events(services, request, query);
  if (!found) co_return failure(found.error());
  const auto newest = found->empty() ? 0 : found->back().sequence;
  const auto item = [&](std::string& text, std::size_t nth) {
    text += wire::json_text(wire::encode(event_object((*found)[nth])));
  };
  response.body = co_await list_text("EventList", static_cast<std::uint64_t>(newest), found->size(), item);
  co_return response;
}

}  // namespace teal::api
