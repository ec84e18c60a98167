// Rollouts and what their containers printed.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "daemon/api/handlers.hpp"
#include "daemon/api/objects.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

struct Address {
  std::string application;
  int revision = 0;
};

// "shop-eu-7": application names hold dashes themselves.
std::optional<Address> parse_name(const std::string& name) {
  const auto dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  Address address;
  address.application = name.substr(0, dash);
  const std::string_view digits = std::string_view(name).substr(dash + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), address.revision);
  const bool is_number = error == std::errc{} && end == digits.data() + digits.size() && address.revision > 0;
  if (!is_number || digits.front() == '0') return std::nullopt;
  return address;
}

boost::asio::awaitable<Result<RolloutRecord>> find_rollout(Services& services, std::string name) {
  const auto address = parse_name(name);
  Error missing{ErrorCode::not_found, "rollout " + name + " does not exist"};
  if (!address) co_return missing;
  auto record = co_await services.store.rollout(address->application, address->revision);
  if (!record && record.error().code == ErrorCode::not_found) co_return missing;
  co_return record;
}

// The rollout that is under way changes faster than it is written: counts of traffic, and the reason why it waits.
RolloutRecord as_of_now(const Services& services, RolloutRecord record) {
  const auto view = services.board.find(record.application);
  if (!view || !view->rollout || view->rollout->target.number != record.target.number) return record;
  record = *view->rollout;
  const auto& conditions = view->status.conditions;
  const auto progressing = std::ranges::find(conditions, "Progressing", &Condition::type);
  if (is_terminal(record.phase) || progressing == conditions.end()) return record;
  record.reason = progressing->reason;
  record.message = progressing->message;
  return record;
}

Response text(std::string body) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

struct LogSource {
  std::string container;
  bool kept_first = false;  // a job's end is final; a replica may run on under the same name
};

Result<LogSource> job_source(const RolloutRecord& record, const std::string& job,
                             std::optional<std::uint64_t> attempt) {
  const JobRecord* found = nullptr;
  for (const auto* records : {&record.jobs, &record.hooks}) {
    for (const auto& each : *records) {
      if (each.job == job) found = &each;
    }
  }
  if (found == nullptr) {
    return Error{ErrorCode::not_found, fmt::format("rollout {} has no job or hook {}", rollout_name(record), job)};
  }
  if (found->attempts == 0) {
    return Error{ErrorCode::not_found, fmt::format("job {} has not run in rollout {} ({})", job, rollout_name(record),
                                                   to_string(found->state))};
  }
  const int index = attempt ? static_cast<int>(*attempt) : found->attempts;
  LogSource source;
  source.container = container_name(record.application, job, record.target.number, index);
  source.kept_first = true;
  return source;
}

Result<LogSource> replica_source(const RolloutRecord& record, const std::string& component, std::uint64_t replica) {
  if (find_component(record.target.application.spec, component) == nullptr) {
    return Error{ErrorCode::not_found, fmt::format("rollout {} has no component {}", rollout_name(record), component)};
  }
  LogSource source;
  source.container = container_name(record.application, component, record.target.number, static_cast<int>(replica));
  return source;
}

Result<LogSource> asked_source(const Request& request, const RolloutRecord& record) {
  const std::string job = text_parameter(request, "job");
  const std::string component = text_parameter(request, "component");
  const auto attempt = number_parameter(request, "attempt", 10000);
  const auto replica = number_parameter(request, "replica", 100000);
  if (!attempt) return attempt.error();
  if (!replica) return replica.error();
  if (job.empty() == component.empty()) {
    return Error{ErrorCode::invalid, "say whose logs: ?job=… (and attempt=…), or ?component=…&replica=…"};
  }
  if (!job.empty() && *replica) return Error{ErrorCode::invalid, "replica goes with component, not with job"};
  if (!component.empty() && *attempt) return Error{ErrorCode::invalid, "attempt goes with job, not with component"};
  return job.empty() ? replica_source(record, component, replica->value_or(0)) : job_source(record, job, *attempt);
}

constexpr std::size_t evidence_lines = 20;
constexpr std::size_t evidence_bytes = 4096;
constexpr int most_live_logs = 3;

// The end of a log: the last lines, and not more bytes than a screen holds.
std::string last_lines(std::string_view log) {
  while (log.ends_with('\n')) log.remove_suffix(1);
  if (log.size() > evidence_bytes) log.remove_prefix(log.size() - evidence_bytes);
  while (!log.empty() && (static_cast<unsigned char>(log.front()) & 0xC0) == 0x80) log.remove_prefix(1);
  auto from = log.size();
  for (std::size_t lines = 0; lines < evidence_lines && from != 0 && from != log.npos; ++lines) {
    from = log.rfind('\n', from - 1);
  }
  return std::string{from == log.npos || from == 0 ? log : log.substr(from + 1)};
}

bool failed(const ContainerEvidence& container) {
  return container.job || container.state != "Running" || container.failures > 0;
}

// What the failing containers printed last: kept when they were removed, else read from those that are still there.
boost::asio::awaitable<void> add_last_lines(Services& services, const RolloutRecord& record, json::object& rollout) {
  const auto kept = co_await services.store.logs(record.application, record.target.number);
  auto& containers = rollout["status"].as_object()["evidence"].as_object()["containers"].as_array();
  int live_logs = 0;
  for (std::size_t i = 0; i < record.evidence->containers.size(); ++i) {
    const auto& container = record.evidence->containers[i];
    if (container.revision != record.target.number || !failed(container)) continue;
    std::string text;
    if (kept) {
      const auto found = std::ranges::find(*kept, container.container, &std::pair<std::string, std::string>::first);
      if (found != kept->end()) text = last_lines(found->second);
    }
    if (text.empty() && live_logs++ < most_live_logs) {
      const auto live = co_await services.control.live_log(record.application, container.container);
      if (live) text = last_lines(*live);
    }
    if (!text.empty()) containers[i].as_object()["log"] = text;
  }
}

}  // namespace

Answer list_rollouts(Services& services, Request request) {
  const auto limit = number_parameter(request, "limit", 1000);
  if (!limit) co_return bad_request(limit.error().message);
  const auto found = co_await services.store.rollouts(text_parameter(request, "application"), limit->value_or(1000));
  if (!found) co_return failure(found.error());
  json::array items;
  for (const auto& record : *found) items.push_back(rollout_object(as_of_now(services, record)));
  Response response;
  response.body = json::serialize(list_object("RolloutList", services.board.version(), std::move(items))) + "\n";
  co_return response;
}

Answer get_rollout(Services& services, Request request) {
  const auto record = co_await find_rollout(services, request.segments.at(4));
  if (!record) co_return failure(record.error());
  const auto now = as_of_now(services, *record);
  auto object = rollout_object(now);
  if (now.evidence) co_await add_last_lines(services, now, object);
  Response response;
  response.body = json::serialize(object) + "\n";
  co_return response;
}

Answer get_rollout_logs(Services& services, Request request) {
  const auto record = co_await find_rollout(services, request.segments.at(4));
  if (!record) co_return failure(record.error());
  const auto source = asked_source(request, *record);
  if (!source && source.error().code == ErrorCode::invalid) co_return bad_request(source.error().message);
  if (!source) co_return failure(source.error());
  const auto kept = co_await services.store.logs(record->application, record->target.number);
  if (!kept) co_return failure(kept.error());
  const auto found = std::ranges::find(*kept, source->container, &std::pair<std::string, std::string>::first);
  const bool is_kept = found != kept->end();
  if (is_kept && source->kept_first) co_return text(found->second);
  auto live = co_await services.control.live_log(record->application, source->container);
  if (live) co_return text(std::move(*live));
  if (is_kept) co_return text(found->second);
  if (live.error().code != ErrorCode::not_found) co_return failure(live.error());
  co_return not_found(
      fmt::format("there is no log of {}: it has not run, or its log is no longer kept", source->container));
}

}  // namespace teal::api
