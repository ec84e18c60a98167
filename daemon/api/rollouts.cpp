// Rollouts and what their containers printed.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <vector>

#include "controllers/records/kept_log.hpp"
#include "daemon/api/field_selector.hpp"
#include "daemon/api/find_rollout.hpp"
#include "daemon/api/followed_log.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/label_selector.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
#include "daemon/api/table.hpp"
#include "daemon/api/watch_line.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

// The rollout that is under way changes faster than it is written: counts of traffic, and the reason why it waits.
records::RolloutRecord as_of_now(const Services& services, records::RolloutRecord record) {
  const auto view = services.board.find(record.application);
  if (!view || !view->rollout || view->rollout->course.target.number != record.course.target.number) return record;
  record = *view->rollout;
  const auto& conditions = view->status.conditions;
  const auto progressing = std::ranges::find(conditions, "Progressing", &objects::Condition::type);
  if (records::is_terminal(record.standing.phase) || progressing == conditions.end()) return record;
  record.outcome.reason = progressing->reason;
  record.outcome.message = progressing->message;
  return record;
}

constexpr std::size_t evidence_lines = 20;
constexpr std::size_t evidence_bytes = 4096;
constexpr int most_live_logs = 3;

// The end of a log: the last lines, and not more bytes than a screen holds.
std::string last_lines(std::string_view log) {
  while (log.ends_with('\n')) log.remove_suffix(1);
  log = last_bytes(log, evidence_bytes);
  auto from = log.size();
  for (std::size_t lines = 0; lines < evidence_lines && from != 0 && from != log.npos; ++lines) {
    from = log.rfind('\n', from - 1);
  }
  return std::string{from == log.npos || from == 0 ? log : log.substr(from + 1)};
}

bool failed(const objects::ContainerEvidence& container) {
  return container.job || container.state != "Running" || container.failures > 0;
}

boost::asio::awaitable<Result<std::vector<std::pair<std::string, std::string>>>> kept_logs(
    Services& services, const Request& request, const records::RolloutRecord& record) {
  const auto turn = co_await services.log_turns(request).take();
  co_return co_await services.store.logs(record.application, record.course.target.number);
}

// What the failing containers printed last: kept when they were removed, else read from those that are still there.
boost::asio::awaitable<void> add_last_lines(Services& services, const Request& request,
                                            const records::RolloutRecord& record, objects::Evidence& shown) {
  const auto begun = LogLook::Clock::now();
  const auto kept = co_await kept_logs(services, request, record);
  int live_logs = 0;
  for (auto& container : shown.containers) {
    if (container.revision != record.course.target.number || !failed(container)) continue;
    std::string text;
    if (kept) {
      const auto found = std::ranges::find(*kept, container.container, &std::pair<std::string, std::string>::first);
      if (found != kept->end()) text = last_lines(records::without_times(found->second));
    }
    if (text.empty() && live_logs++ < most_live_logs) {
      const auto log = services.logs.of(record.application, record.course.target.number, container.container);
      const auto look = co_await FollowedLog::look(log, begun);
      if (look.text) text = last_lines(*look.text);
    }
    container.log = std::move(text);
  }
}

// Which rollouts are asked for, and in which form.
struct RolloutOrder {
  access::Identity identity;
  std::string application;  // empty: of all
  LabelSelector labels;
  FieldSelector fields;
  TableForm form;
  WatchParameters parameters;

  [[nodiscard]] bool sees(const objects::RolloutObject& rollout) const {
    const auto& name = rollout.spec.application;
    if (!identity.sees(name) || (!application.empty() && application != name)) return false;
    const auto value_of = [&](std::string_view field) -> std::string {
      if (field == "metadata.name") return rollout.metadata.name;
      if (field == "spec.application") return name;
      if (field == "spec.version") return rollout.spec.version;
      return field == "status.phase" ? rollout.status.phase : std::string{};
    };
    if (!fields.selects_all() && !fields.matches(value_of)) return false;
    return labels.selects_all() || labels.matches(rollout.metadata.labels.value_or(Labels{}));
  }
};

Result<RolloutOrder> rollout_order_of(const Request& request) {
  RolloutOrder order{request.identity, text_parameter(request, "application"), {}, {}, {}, {}};
  auto labels = LabelSelector::parse(text_parameter(request, "labelSelector"));
  if (!labels) return labels.error();
  auto fields =
      FieldSelector::parse(text_parameter(request, "fieldSelector"),
                           {"metadata.name", "metadata.namespace", "spec.application", "spec.version", "status.phase"});
  if (!fields) return fields.error();
  const auto form = table_form(request);
  if (!form) return form.error();
  const auto parameters = watch_parameters(request);
  if (!parameters) return parameters.error();
  order.labels = std::move(*labels);
  order.fields = std::move(*fields);
  order.form = *form;
  order.parameters = *parameters;
  return order;
}

Time time_at_this_moment() { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); }

std::string rollout_text(const RolloutOrder& order, const objects::RolloutObject& rollout) {
  if (!order.form.is_wanted()) return wire::json_text(wire::encode(rollout));
  return wire::json_text(row_object(order.form, row_of(rollout, time_at_this_moment())));
}

std::string rollout_line(const RolloutOrder& order, std::string_view type, const objects::RolloutObject& rollout) {
  if (!order.form.is_wanted()) return watch_line(type, wire::encode(rollout));
  return watch_line(type, table_of_one(order.form, TableOf::Rollouts, row_of(rollout, time_at_this_moment())));
}

// The latest one of an application, at the board's version: of it alone there is news.
std::optional<objects::RolloutObject> latest_of(const Services& services, const status::ApplicationView& view) {
  if (!view.rollout) return std::nullopt;
  auto object = rollout_object(as_of_now(services, *view.rollout));
  object.metadata.resource_version = std::to_string(view.resource_version);
  return object;
}

boost::asio::awaitable<Result<std::vector<objects::RolloutObject>>> find_rollouts(Services& services,
                                                                                  const Request& request,
                                                                                  const RolloutOrder& order,
                                                                                  std::size_t most) {
  std::vector<records::RolloutRecord> records;
  auto applications = asked_applications(services, request);
  const auto only = order.fields.wanted("spec.application");
  if (!only.empty()) applications = {only};
  for (const auto& application : applications) {
    auto found = co_await services.store.rollouts(application, most);
    if (!found) co_return found.error();
    std::ranges::move(*found, std::back_inserter(records));
  }
  if (applications.size() > 1) std::ranges::sort(records, std::greater{}, &records::RolloutRecord::started_at);
  std::vector<objects::RolloutObject> rollouts;
  const auto add = [&](std::size_t nth) {
    auto object = rollout_object(as_of_now(services, records[nth]));
    if (rollouts.size() < most && order.sees(object)) rollouts.push_back(std::move(object));
  };
  co_await in_slices(records.size(), add);
  co_return rollouts;
}

constexpr std::size_t most_rollouts = 1000;
constexpr std::size_t most_changes_waiting = 1024;

struct WaitingRollouts {
  std::deque<status::Change> changes;
  bool too_many = false;
};

boost::asio::awaitable<void> stream_rollouts(Services& services, Request request, RolloutOrder order,
                                             std::uint64_t from, std::chrono::steady_clock::time_point end,
                                             SinkPtr sink) {
  using Clock = std::chrono::steady_clock;
  std::map<std::string, records::SharedRollout> told;  // by application
  const auto waiting = std::make_shared<WaitingRollouts>();
  const std::weak_ptr<Sink> weak = sink;
  const auto subscription = services.board.subscribe([waiting, weak](const status::Change& change) {
    waiting->too_many = waiting->too_many || waiting->changes.size() >= most_changes_waiting;
    if (!waiting->too_many) waiting->changes.push_back(change);
    if (const auto alive = weak.lock()) alive->wake();
  });
  std::string text;
  if (order.parameters.begins_with_all) {
    for (const auto& view : services.board.list()) told[view->record.application.name] = view->rollout;
    const auto turn = co_await services.turns(request).take();
    const auto found = co_await find_rollouts(services, request, order, most_rollouts);
    if (!found) co_return;
    for (const auto& rollout : *found) text += rollout_line(order, "ADDED", rollout);
  } else {
    const auto missed = services.changes.since(from);
    if (!missed) co_return;
    for (const auto& change : *missed) waiting->changes.push_back(change);
  }
  const auto version = [&] { return static_cast<std::int64_t>(services.board.version()); };
  const bool has_bookmarks = order.parameters.bookmarks && !order.form.is_wanted();
  if (order.parameters.ends_beginning) {
    text += end_of_beginning_line("Rollout", version());
  } else if (has_bookmarks) {
    text += bookmark_line("Rollout", version());
  }
  auto next_bookmark = Clock::now() + services.bookmark;
  for (;;) {
    for (; !waiting->changes.empty(); waiting->changes.pop_front()) {
      const auto& change = waiting->changes.front();
      auto& known = told[change.view->record.application.name];
      const bool is_gone = change.type == status::Change::Type::Deleted;
      if (!change.view->rollout || (known == change.view->rollout && !is_gone)) continue;
      const auto object = latest_of(services, *change.view);
      const bool is_new = !known || known->course.target.number != change.view->rollout->course.target.number;
      known = change.view->rollout;
      if (object && order.sees(*object))
        text += rollout_line(order, is_gone ? "DELETED" : is_new ? "ADDED" : "MODIFIED", *object);
    }
    if (Clock::now() >= next_bookmark) {
      if (has_bookmarks) text += bookmark_line("Rollout", version());
      next_bookmark = Clock::now() + services.bookmark;
    }
    if (!text.empty() && !co_await sink->write(std::move(text))) co_return;
    text.clear();
    if (Clock::now() >= end || waiting->too_many) co_return;
    if (!waiting->changes.empty()) continue;
    const auto until = std::max(std::min(next_bookmark, end) - Clock::now(), Clock::duration::zero());
    if (!co_await sink->wait(std::chrono::ceil<Duration>(until))) co_return;
  }
}

}  // namespace

Answer list_rollouts(Services& services, Request request) {
  const auto limit = number_parameter(request, "limit", std::numeric_limits<std::int64_t>::max());
  if (!limit) co_return bad_request(limit.error().message);
  auto order = rollout_order_of(request);
  if (!order) co_return bad_request(order.error().message);
  Response response;
  response.content_type = order->form.content_type();
  if (order->parameters.watch) {
    auto from = order->parameters.resource_version.value_or(0);
    if (from == 0) from = services.board.version();
    if (const auto missed = services.changes.since(from); !missed && !order->parameters.begins_with_all) {
      co_return failure(410, "Expired", missed.error().message);
    }
    const auto end = order->parameters.timeout_seconds
                         ? std::chrono::steady_clock::now() + std::chrono::seconds(*order->parameters.timeout_seconds)
                         : std::chrono::steady_clock::time_point::max();
    response.stream = [&services, request, order = *order, from, end](SinkPtr sink) {
      return stream_rollouts(services, request, order, from, end, std::move(sink));
    };
    co_return response;
  }
  const auto wish = limit->value_or(0);
  const auto turn = co_await services.turns(request).take();
  const auto version = services.board.version();
  const auto found =
      co_await find_rollouts(services, request, *order, wish == 0 ? most_rollouts : std::min(wish, most_rollouts));
  if (!found) co_return failure(found.error());
  const auto item = [&](std::string& text, std::size_t nth) { text += rollout_text(*order, (*found)[nth]); };
  auto outside = order->form.is_wanted() ? empty_table(order->form, TableOf::Rollouts, std::to_string(version))
                                         : list_object("RolloutList", version, {});
  response.body = co_await filled_list(std::move(outside), found->size(), item);
  co_return response;
}

Answer get_rollout(Services& services, Request request) {
  const auto& name = request.segments.at(4);
  const auto form = table_form(request);
  if (!form) co_return bad_request(form.error().message);
  const auto record = co_await find_rollout(services, name);
  if (!record && record.error().code == ErrorCode::not_found)
    co_return no_such({"teal", "rollouts", name}, record.error().message);
  if (!record) co_return failure(record.error());
  const auto now = as_of_now(services, *record);
  auto object = rollout_object(now);
  if (object.status.evidence) co_await add_last_lines(services, request, now, *object.status.evidence);
  Response response;
  response.content_type = form->content_type();
  response.body =
      wire::json_text(form->is_wanted() ? table_of_one(*form, TableOf::Rollouts, row_of(object, time_at_this_moment()))
                                        : wire::encode(object)) +
      "\n";
  co_return response;
}

}  // namespace teal::api
