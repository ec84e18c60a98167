// Reading applications: one, all, or the stream of their changes.
#include <chrono>
#include <deque>

#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/watch_line.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// A client that reads this much slower than things change gets its stream ended, and lists again.
constexpr std::size_t most_waiting = 1024;

struct Waiting {
  access::Identity identity;
  std::deque<status::Change> changes;
  bool too_many = false;

  void add(const status::Change& change) {
    if (!identity.sees(change.view->record.application.name)) return;
    too_many = too_many || changes.size() >= most_waiting;
    if (!too_many) changes.push_back(change);
  }
};

// `from`: the resource version that the client has.
boost::asio::awaitable<void> stream_changes(Services& services, access::Identity identity, std::uint64_t from,
                                            SteadyTime end, SinkPtr sink) {
  const auto sees = [&](const status::ApplicationView& view) { return identity.sees(view.record.application.name); };
  SharedText beginning;
  if (from == 0) {
    const auto all =
        identity.sees_all() ? co_await services.list.beginning_for_all() : co_await services.list.beginning_for(sees);
    beginning = all.text;
    from = all.resource_version;
  } else {
    co_await services.list.prepare(services.board.list());
  }
  const auto waiting = std::make_shared<Waiting>();
  waiting->identity = identity;
  const std::weak_ptr<Sink> weak = sink;
  const auto subscription = services.board.subscribe([waiting, weak](const status::Change& change) {
    waiting->add(change);
    if (const auto alive = weak.lock()) alive->wake();
  });
  const auto missed = services.changes.since(from);
  if (!missed) co_return;  // too much has changed meanwhile: its client lists again
  std::string text;
  for (const auto& change : *missed) {
    if (sees(*change.view)) text += services.lines.of(change);
  }
  text += bookmark_line("Application", static_cast<std::int64_t>(services.board.version()));
  if (beginning && !co_await sink->write(beginning, *beginning)) co_return;
  beginning.reset();
  auto next_bookmark = std::chrono::steady_clock::now() + services.bookmark;
  for (;;) {
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    text.clear();
    if (waiting->changes.empty()) {
      const auto until = std::min(next_bookmark, end) - std::chrono::steady_clock::now();
      const auto longest = std::chrono::ceil<Duration>(std::max(until, std::chrono::nanoseconds::zero()));
      if (!co_await sink->wait(longest)) co_return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now >= end || waiting->too_many) co_return;
    for (; !waiting->changes.empty(); waiting->changes.pop_front()) {
      text += services.lines.of(waiting->changes.front());
    }
    if (now >= next_bookmark) {
      text += bookmark_line("Application", static_cast<std::int64_t>(services.board.version()));
      next_bookmark = now + services.bookmark;
    }
  }
}

}  // namespace

Answer list_applications(Services& services, Request request) {
  const auto parameters = watch_parameters(request);
  if (!parameters) co_return bad_request(parameters.error().message);
  Response response;
  if (!parameters->watch) {
    if (request.identity.sees_all()) {
      response.shared_body = (co_await services.list.text_for_all()).text;
      co_return response;
    }
    const auto sees = [&](const status::ApplicationView& view) {
      return request.identity.sees(view.record.application.name);
    };
    const auto turn = co_await services.turns(request).take();
    response.shared_body = (co_await services.list.text_for(sees)).text;
    co_return response;
  }
  const std::uint64_t from = parameters->resource_version.value_or(0);
  if (from != 0) {
    const auto missed = services.changes.since(from);
    if (!missed) co_return failure(410, "Expired", missed.error().message);
  }
  const auto end = parameters->timeout_seconds
                       ? std::chrono::steady_clock::now() + std::chrono::seconds(*parameters->timeout_seconds)
                       : SteadyTime::max();
  response.stream = [&services, identity = request.identity, from, end](SinkPtr sink) {
    return stream_changes(services, identity, from, end, std::move(sink));
  };
  co_return response;
}

Answer get_application(Services& services, Request request) {
  const std::string& name = request.segments.at(4);
  const auto view = services.board.find(name);
  if (!view) co_return not_found("application " + name + " does not exist");
  Response response;
  response.body = wire::json_text(application_object(*view)) + "\n";
  co_return response;
}

}  // namespace teal::api
