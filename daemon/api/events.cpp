// Events: a list, or the stream of them, as our own objects and as Kubernetes' two kinds of events.
#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/api/field_selector.hpp"
#include "daemon/api/find_rollout.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/table.hpp"
#include "daemon/api/watch_line.hpp"
#include "manifests/api/kubernetes_event.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// By the address.
enum class EventKind { Teal, Core, Regarding };

EventKind kind_of(const Request& request) {
  if (request.segments.at(0) == "api") return EventKind::Core;
  return request.segments.at(1) == "events.k8s.io" ? EventKind::Regarding : EventKind::Teal;
}

std::string group_version_of(EventKind kind) {
  if (kind == EventKind::Core) return "v1";
  return kind == EventKind::Regarding ? "events.k8s.io/v1" : "teal/v1";
}

// Which events are asked for, and as what.
struct EventOrder {
  EventKind kind = EventKind::Teal;
  FieldSelector fields;
  TableForm form;
  WatchParameters parameters;
  ports::EventQuery query;
};

objects::ObjectReference reference_to(const status::Board& board, std::string kind, std::string name) {
  objects::ObjectReference reference{std::move(kind), std::move(name), {}, "teal/v1"};
  const auto view = reference.kind == "Application" ? board.find(reference.name) : nullptr;
  if (view) reference.uid = view->record.uid;
  return reference;
}

// An event of a rollout, or of a container, is one of its application as well: whoever asks what happened to that one
// is told both.
bool is_wanted(const status::Board& board, const EventOrder& order, const objects::EventObject& event) {
  if (order.fields.selects_all()) return true;
  const auto matches = [&](const objects::ObjectReference& about) {
    const auto value_of = [&](std::string_view field) -> std::string {
      const auto dot = field.find('.');
      const auto member = dot == std::string_view::npos ? field : field.substr(dot + 1);
      if (field == "metadata.name") return event.metadata.name;
      if (field == "metadata.namespace") return order.kind == EventKind::Teal ? "" : "default";
      if (field == "reason") return event.reason;
      if (field == "type") return event.type;
      if (field == "application") return event.application;
      if (field == "source" || field == "reportingComponent" || field == "reportingController") return "teald";
      if (member == "kind") return about.kind;
      if (member == "name") return about.name;
      if (member == "uid") return about.uid;
      return member == "apiVersion" ? about.api_version : std::string{};
    };
    return order.fields.matches(value_of);
  };
  if (matches(reference_to(board, event.involved_kind, event.involved_name))) return true;
  return !event.application.empty() && matches(reference_to(board, "Application", event.application));
}

boost::json::object event_in_kind(const status::Board& board, EventKind kind, const objects::EventObject& event) {
  if (kind == EventKind::Teal) return wire::encode(event);
  auto metadata = event.metadata;
  metadata.name_space = "default";  // where Kubernetes keeps those of what has no namespace
  metadata.uid = metadata.name;
  auto about = reference_to(board, event.involved_kind, event.involved_name);
  if (kind == EventKind::Core) {
    return wire::encode(objects::CoreEvent{metadata, about, event.reason, event.message, event.time, event.type});
  }
  auto micro = event.time ? format_time(*event.time) : std::string{};
  if (micro.ends_with('Z')) micro.replace(micro.size() - 1, 1, "000Z");
  return wire::encode(
      objects::RegardingEvent{metadata, about, event.reason, event.message, micro, event.time, event.type});
}

Time clock_time() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

TableRow event_row(const status::Board& board, EventKind kind, const objects::EventObject& event) {
  return {cells_of(event, clock_time()), event_in_kind(board, kind, event)};
}

std::vector<objects::EventObject> wanted_among(const status::Board& board, const EventOrder& order,
                                               const std::vector<ports::StoredEvent>& found) {
  std::vector<objects::EventObject> events;
  for (const auto& stored : found) {
    auto event = event_object(stored);
    if (is_wanted(board, order, event)) events.push_back(std::move(event));
  }
  return events;
}

std::string event_line(const status::Board& board, const EventOrder& order, const objects::EventObject& event) {
  if (!order.form.is_wanted()) return watch_line("ADDED", event_in_kind(board, order.kind, event));
  return watch_line("ADDED", table_of_one(order.form, TableOf::Events, event_row(board, order.kind, event)));
}

std::string events_bookmark(const EventOrder& order, bool ends_beginning) {
  const auto version = group_version_of(order.kind);
  return ends_beginning ? end_of_beginning_line("Event", order.query.after, version)
                        : bookmark_line("Event", order.query.after, version);
}

Result<EventOrder> order_of(const Request& request) {
  EventOrder order;
  order.kind = kind_of(request);
  const auto parameters = watch_parameters(request);
  if (!parameters) return parameters.error();
  order.parameters = *parameters;
  auto fields = FieldSelector::parse(text_parameter(request, "fieldSelector"), {"metadata.name",
                                                                                "metadata.namespace",
                                                                                "reason",
                                                                                "type",
                                                                                "application",
                                                                                "source",
                                                                                "reportingComponent",
                                                                                "reportingController",
                                                                                "involvedObject.kind",
                                                                                "involvedObject.name",
                                                                                "involvedObject.namespace",
                                                                                "involvedObject.uid",
                                                                                "involvedObject.apiVersion",
                                                                                "involvedObject.resourceVersion",
                                                                                "involvedObject.fieldPath",
                                                                                "regarding.kind",
                                                                                "regarding.name",
                                                                                "regarding.namespace",
                                                                                "regarding.uid",
                                                                                "regarding.apiVersion"});
  if (!fields) return fields.error();
  order.fields = std::move(*fields);
  const auto form = table_form(request);
  if (!form) return form.error();
  order.form = *form;
  const auto limit = number_parameter(request, "limit", 5000);
  if (!limit) return limit.error();
  order.query.limit = limit->value_or(0) == 0 ? 500 : **limit;
  if (!order.fields.selects_all() && !order.parameters.watch) order.query.limit = 5000;  // of which few are wanted
  return order;
}

// The one application that the events can be of: less to look through.
std::string only_application(const FieldSelector& fields) {
  for (const std::string about : {"involvedObject", "regarding"}) {
    const auto kind = fields.wanted(about + ".kind");
    const auto name = fields.wanted(about + ".name");
    if (kind == "Application") return name;
    if (kind == "Rollout") return application_of_rollout(name);
  }
  return fields.wanted("application");
}

// What there is for whoever asks; those who see all applications ask once. With `earliest` what was looked for then or
// later is new enough, so that those who watch ask together.
boost::asio::awaitable<Result<std::vector<ports::StoredEvent>>> find_events(
    Services& services, const Request& request, ports::EventQuery query,
    std::optional<EventFeed::Clock::time_point> earliest = std::nullopt) {
  std::vector<ports::StoredEvent> events;
  const auto only = query.application;
  for (const auto& application : asked_applications(services, request)) {
    if (!only.empty() && !application.empty() && application != only) continue;
    query.application = application.empty() ? only : application;
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
boost::asio::awaitable<void> stream_events(Services& services, Request request, EventOrder order, SteadyTime end,
                                           SinkPtr sink) {
  const std::weak_ptr<Sink> weak = sink;
  // Since when there may be more than has been seen.
  const auto changed = std::make_shared<EventFeed::Clock::time_point>(EventFeed::Clock::now());
  const auto subscription = services.board.subscribe([weak, changed](const status::Change&) {
    *changed = EventFeed::Clock::now();
    if (const auto alive = weak.lock()) alive->wake();
  });
  auto next_bookmark = std::chrono::steady_clock::now();
  bool is_beginning = true;
  for (;;) {
    const auto earliest =
        std::max(*changed, EventFeed::Clock::now() - EventFeed::Clock::duration{services.event_check});
    const auto found = co_await find_events(services, request, order.query, earliest);
    std::string text;
    if (found) {
      if (!found->empty()) order.query.after = found->back().sequence;
      for (const auto& event : wanted_among(services.board, order, *found)) {
        text += event_line(services.board, order, event);
      }
    }
    const auto now = std::chrono::steady_clock::now();
    const bool ends_beginning = is_beginning && order.parameters.ends_beginning;
    if (ends_beginning || (now >= next_bookmark && order.parameters.bookmarks && !order.form.is_wanted())) {
      text += events_bookmark(order, ends_beginning);
      next_bookmark = now + services.bookmark;
    }
    is_beginning = false;
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    if (now >= end) co_return;
    if (!co_await sink->wait(services.event_check)) co_return;
  }
}

}  // namespace

Answer list_events(Services& services, Request request) {
  auto order = order_of(request);
  if (!order) co_return bad_request(order.error().message);
  order->query.application = only_application(order->fields);
  Response response;
  response.content_type = order->form.content_type();
  if (order->parameters.watch) {
    order->query.after = static_cast<std::int64_t>(order->parameters.resource_version.value_or(0));
    const auto end = order->parameters.timeout_seconds
                         ? std::chrono::steady_clock::now() + std::chrono::seconds(*order->parameters.timeout_seconds)
                         : SteadyTime::max();
    response.stream = [&services, request, order = *order, end](SinkPtr sink) {
      return stream_events(services, request, order, end, std::move(sink));
    };
    co_return response;
  }
  const auto turn = co_await services.turns(request).take();
  const auto found = co_await find_events(services, request, order->query);
  if (!found) co_return failure(found.error());
  const auto newest = found->empty() ? 0 : found->back().sequence;
  const auto events = wanted_among(services.board, *order, *found);
  const auto item = [&](std::string& text, std::size_t nth) {
    text += wire::json_text(order->form.is_wanted()
                                ? row_object(order->form, event_row(services.board, order->kind, events[nth]))
                                : event_in_kind(services.board, order->kind, events[nth]));
  };
  auto outside = order->form.is_wanted() ? empty_table(order->form, TableOf::Events, std::to_string(newest))
                                         : list_object("EventList", static_cast<std::uint64_t>(newest), {});
  if (!order->form.is_wanted()) outside["apiVersion"] = wire::encoded_text(group_version_of(order->kind));
  response.body = co_await filled_list(std::move(outside), events.size(), item);
  co_return response;
}

}  // namespace teal::api
