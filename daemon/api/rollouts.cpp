// Rollouts and what their containers printed.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <iterator>
#include <vector>

#include "controllers/records/kept_log.hpp"
#include "daemon/api/find_rollout.hpp"
#include "daemon/api/followed_log.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"
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

}  // namespace

Answer list_rollouts(Services& services, Request request) {
  const auto limit = number_parameter(request, "limit", 1000);
  if (!limit) co_return bad_request(limit.error().message);
  const auto most = limit->value_or(1000);
  const auto turn = co_await services.turns(request).take();
  std::vector<records::RolloutRecord> records;
  const auto applications = asked_applications(services, request);
  for (const auto& application : applications) {
    auto found = co_await services.store.rollouts(application, most);
    if (!found) co_return failure(found.error());
    std::ranges::move(*found, std::back_inserter(records));
  }
  if (applications.size() > 1) std::ranges::sort(records, std::greater{}, &records::RolloutRecord::started_at);
  if (records.size() > most) records.resize(most);
  const auto item = [&](std::string& text, std::size_t nth) {
    text += wire::json_text(wire::encode(rollout_object(as_of_now(services, records[nth]))));
  };
  Response response;
  response.body = co_await list_text("RolloutList", services.board.version(), records.size(), item);
  co_return response;
}

Answer get_rollout(Services& services, Request request) {
  const auto record = co_await find_rollout(services, request.segments.at(4));
  if (!record) co_return failure(record.error());
  const auto now = as_of_now(services, *record);
  auto object = rollout_object(now);
  if (object.status.evidence) co_await add_last_lines(services, request, now, *object.status.evidence);
  Response response;
  response.body = wire::json_text(wire::encode(object)) + "\n";
  co_return response;
}

}  // namespace teal::api
