// What a rollout's containers printed: kept ones, running ones, and the stream of one that grows.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "controllers/records/kept_log.hpp"
#include "daemon/api/find_rollout.hpp"
#include "daemon/api/followed_log.hpp"
#include "daemon/api/handlers.hpp"
#include "daemon/api/log_follower.hpp"
#include "daemon/api/queries.hpp"
#include "daemon/api/status_object.hpp"

namespace teal::api {
namespace {

using namespace std::chrono_literals;

constexpr Duration between_looks = 250ms;
constexpr std::string_view left_out = "(some lines were written too fast to be followed; they are in the whole log)\n";

Response text(SharedText body) {
  Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.shared_body = std::move(body);
  return response;
}

struct LogSource {
  std::string container;
  bool kept_first = false;  // a job's end is final; a replica may run on under the same name
  std::string job;          // empty: it is a replica's
  int attempt = 0;
};

const records::JobRecord* find_job(const records::RolloutRecord& record, const std::string& job) {
  for (const auto* records : {&record.jobs, &record.hooks}) {
    const auto found = std::ranges::find(*records, job, &records::JobRecord::job);
    if (found != records->end()) return &*found;
  }
  return nullptr;
}

Result<LogSource> job_source(const records::RolloutRecord& record, const std::string& job,
                             std::optional<std::uint64_t> attempt, bool follow) {
  const auto* found = find_job(record, job);
  if (found == nullptr) {
    return Error{ErrorCode::not_found,
                 fmt::format("rollout {} has no job or hook {}", records::rollout_name(record), job)};
  }
  if (found->attempts == 0 && !follow) {
    return Error{ErrorCode::not_found, fmt::format("job {} has not run in rollout {} ({})", job,
                                                   records::rollout_name(record), to_string(found->state))};
  }
  const int index = attempt ? static_cast<int>(*attempt) : std::max(found->attempts, 1);
  LogSource source;
  source.container = spec::container_name(record.application, job, record.course.target.number, index);
  source.kept_first = true;
  source.job = job;
  source.attempt = index;
  return source;
}

Result<LogSource> replica_source(const records::RolloutRecord& record, const std::string& component,
                                 std::uint64_t replica) {
  if (spec::find_component(record.course.target.application.spec, component) == nullptr) {
    return Error{ErrorCode::not_found,
                 fmt::format("rollout {} has no component {}", records::rollout_name(record), component)};
  }
  LogSource source;
  source.container =
      spec::container_name(record.application, component, record.course.target.number, static_cast<int>(replica));
  return source;
}

Result<LogSource> asked_source(const Request& request, const records::RolloutRecord& record, bool follow) {
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
  return job.empty() ? replica_source(record, component, replica->value_or(0))
                     : job_source(record, job, *attempt, follow);
}

struct Followed {
  records::RolloutRecord record;  // as it was when the stream began
  LogSource source;
  bool timed = false;
};

// Nothing more will come: the attempt has ended, or the rollout is over and never made it.
bool is_over(const Services& services, const Followed& followed) {
  const auto view = services.board.find(followed.record.application);
  const bool is_newest =
      view && view->rollout && view->rollout->course.target.number == followed.record.course.target.number;
  const auto& record = is_newest ? *view->rollout : followed.record;
  if (!is_newest) return true;
  if (followed.source.job.empty()) return records::is_terminal(record.standing.phase);
  const auto* job = find_job(record, followed.source.job);
  if (job == nullptr || job->attempts > followed.source.attempt) return true;
  const bool awaits = job->state == records::JobState::Pending || job->state == records::JobState::Running;
  return !awaits || records::is_terminal(record.standing.phase);
}

// The engine's own stream has no place for masking, so the log is read again; only while somebody follows it, and once
// for all who do.
boost::asio::awaitable<void> stream_log(Services& services, Followed followed, SinkPtr sink) {
  using Clock = LogLook::Clock;
  const auto& record = followed.record;
  const auto log = services.logs.of(record.application, record.course.target.number, followed.source.container);
  LogFollower follower;
  std::optional<Clock::time_point> over_since;
  auto next_look = Clock::now() - between_looks;  // what somebody has just seen is good to begin with
  for (;;) {
    if (!over_since && is_over(services, followed)) over_since = Clock::now();
    const auto look = co_await FollowedLog::look(log, next_look);
    // Only what was looked at after the end has all of it.
    const bool over = over_since && look.begun >= *over_since;
    const bool is_live = look.text && !look.is_kept;
    // A replica of a rollout that is over may run on and on; a job's kept log is final.
    const bool ended = over ? followed.source.kept_first || !is_live : look.is_kept && followed.source.kept_first;
    if (const auto& log_text = followed.timed ? look.timed : look.text) {
      const auto news = follower.take(*log_text, look.is_kept || ended);
      if (news.is_after_gap && !co_await sink->write(std::string{left_out})) co_return;
      if (!news.text.empty() && !co_await sink->write(log_text, news.text)) co_return;
    }
    if (ended) co_return;
    next_look = look.begun + between_looks;
    const auto longest = std::chrono::ceil<Duration>(next_look - Clock::now());
    if (!co_await sink->wait(std::max(longest, Duration::zero()))) co_return;
  }
}

// What was kept is read one after the other for each kind of door: the store has more to do.
boost::asio::awaitable<std::optional<std::string>> kept_log(Services& services, const Request& request,
                                                            const records::RolloutRecord& record,
                                                            const std::string& container) {
  const auto turn = co_await services.log_turns(request).take();
  auto kept = co_await services.store.logs(record.application, record.course.target.number);
  if (!kept) co_return std::nullopt;  // which the look says that follows
  const auto found = std::ranges::find(*kept, container, &std::pair<std::string, std::string>::first);
  if (found == kept->end()) co_return std::nullopt;
  co_return std::move(found->second);
}

}  // namespace

Answer get_rollout_logs(Services& services, Request request) {
  const auto record = co_await find_rollout(services, request.segments.at(4));
  if (!record) co_return failure(record.error());
  const auto follow = flag_parameter(request, "follow");
  if (!follow) co_return bad_request(follow.error().message);
  const auto timed = flag_parameter(request, "timestamps");
  if (!timed) co_return bad_request(timed.error().message);
  const auto source = asked_source(request, *record, *follow);
  if (!source && source.error().code == ErrorCode::invalid) co_return bad_request(source.error().message);
  if (!source) co_return failure(source.error());
  if (*follow) {
    auto response = text(nullptr);
    response.stream = [&services, followed = Followed{*record, *source, *timed}](SinkPtr sink) {
      return stream_log(services, followed, std::move(sink));
    };
    co_return response;
  }
  const auto begun = LogLook::Clock::now();  // what is looked at from now on is new enough
  const auto& name = source->container;
  auto kept = source->kept_first ? co_await kept_log(services, request, *record, name) : std::optional<std::string>{};
  if (kept) co_return text(shared(*timed ? records::with_times(*kept) : records::without_times(*kept)));
  const auto log = services.logs.of(record->application, record->course.target.number, name);
  const auto look = co_await FollowedLog::look(log, begun);
  if (look.text) co_return text(*timed ? look.timed : look.text);
  if (look.error && look.error->code != ErrorCode::not_found) co_return failure(*look.error);
  co_return not_found(
      fmt::format("there is no log of {}: it has not run, or its log is no longer kept", source->container));
}

}  // namespace teal::api
