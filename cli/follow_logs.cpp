#include "cli/follow_logs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <set>
#include <string_view>
#include <thread>
#include <utility>

#include "cli/views.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

constexpr std::chrono::milliseconds between_looks{250};
constexpr int looks_after_the_end = 20;

// As text comes it may end in the middle of a line: only whole ones are made safe for the screen and printed.
class LinePrinter {
 public:
  explicit LinePrinter(const Context& context) : context_(context) {}
  ~LinePrinter() { print(rest_); }
  LinePrinter(const LinePrinter&) = delete;
  LinePrinter& operator=(const LinePrinter&) = delete;

  bool take(std::string_view text) {
    rest_ += text;
    const auto end = rest_.rfind('\n');
    if (end == std::string::npos) return true;
    print(rest_.substr(0, end + 1));
    rest_.erase(0, end + 1);
    return context_.out.good();
  }

 private:
  void print(const std::string& text) {
    if (text.empty()) return;
    context_.out << context_.screen.lines(text) << (text.back() == '\n' ? "" : "\n") << std::flush;
  }

  const Context& context_;
  std::string rest_;
};

bool is_settled(const objects::JobStatus& job) {
  return job.state == "Succeeded" || job.state == "NotNeeded" || job.state == "Failed" || job.state == "Unknown";
}

Result<void> follow_one(const Context& context, const LogRequest& options, const std::string& path) {
  LinePrinter printer{context};
  const auto query = options.timestamps ? "&follow=true&timestamps=true" : "&follow=true";
  return context.server.follow(path + query, [&](std::string_view text) { return printer.take(text); });
}

// The latest rollout, also one that begins only now.
Result<RolloutView> rollout_to_follow(const Context& context, const std::string& name, const LogRequest& options) {
  auto rollout_name = options.rollout;
  if (options.revision) rollout_name = fmt::format("{}-{}", name, *options.revision);
  if (rollout_name.empty()) {
    const auto application = context.server.read(application_path(name));
    if (!application) return application.error();
    rollout_name = read_application(*application).rollout;
  }
  if (rollout_name.empty()) return Error{ErrorCode::not_found, name + " has no rollout yet, so there are no logs"};
  const auto rollout = context.server.read(rollout_path(rollout_name));
  if (!rollout) return rollout.error();
  auto view = read_rollout(*rollout);
  view.name = rollout_name;
  return view;
}

const objects::JobStatus* find_job(const RolloutView& rollout, const std::string& name) {
  for (const auto* jobs : {&rollout.migration, &rollout.hooks}) {
    const auto found = std::ranges::find(*jobs, name, &objects::JobStatus::job);
    if (found != jobs->end()) return &*found;
  }
  return nullptr;
}

// Teald ends a stream when the attempt has ended, and when it stops or nobody may look any more: then it is an error.
// Its log may be whole a moment before the record says so.
Result<void> check_end_of_job(const Context& context, const std::string& rollout_name, const std::string& job,
                              std::int64_t attempt) {
  for (int look = 0; look < looks_after_the_end; ++look) {
    const auto rollout = context.server.read(rollout_path(rollout_name));
    if (!rollout) return rollout.error();
    const auto view = read_rollout(*rollout);
    const auto* found = find_job(view, job);
    if (found == nullptr || is_settled(*found) || found->attempts != attempt || view.ended()) return {};
    if (found->state != "Running") return {};  // between two attempts
    std::this_thread::sleep_for(between_looks);
  }
  return stream_ended();
}

bool runs(const ApplicationView& application, const std::string& component, std::int64_t revision, std::int64_t index) {
  for (const auto& each : application.components) {
    if (each.name != component) continue;
    return std::ranges::any_of(each.replicas, [&](const ReplicaView& replica) {
      return replica.revision == revision && index_of(replica) == index && replica.state == "Running";
    });
  }
  return false;
}

// The same for a replica.
Result<void> check_end_of_replica(const Context& context, const std::string& name, std::int64_t revision,
                                  const LogRequest& request) {
  for (int look = 0; look < looks_after_the_end; ++look) {
    const auto application = context.server.read(application_path(name));
    if (!application) return application.error();
    if (!runs(read_application(*application), request.component, revision, request.replica.value_or(0))) return {};
    std::this_thread::sleep_for(between_looks);
  }
  return stream_ended();
}

// Attempt after attempt and job after job, as they come, until all have ended or the rollout has.
ExitStatus follow_jobs(const Context& context, const std::string& name, LogRequest options) {
  std::set<std::pair<std::string, std::int64_t>> followed;
  for (;;) {
    const auto rollout = rollout_to_follow(context, name, options);
    if (!rollout) return fail(context, rollout.error());
    options.rollout = rollout->name;
    options.revision.reset();
    auto jobs = rollout->migration;
    if (!options.migration) jobs.insert(jobs.end(), rollout->hooks.begin(), rollout->hooks.end());
    if (!options.job.empty())
      std::erase_if(jobs, [&](const objects::JobStatus& one) { return one.job != options.job; });
    if (jobs.empty()) {
      return fail(context, Error{ErrorCode::not_found, options.job.empty() ? rollout->name + " has no jobs"
                                                                           : fmt::format("{} has no job or hook {}",
                                                                                         rollout->name, options.job)});
    }
    bool any = false;
    bool failed = false;
    bool settled = true;
    for (const auto& job : jobs) {
      failed = failed || job.state == "Failed" || job.state == "Unknown";
      settled = settled && is_settled(job);
      for (std::int64_t attempt = 1; attempt <= job.attempts; ++attempt) {
        if (!followed.insert({job.job, attempt}).second) continue;
        any = true;
        const auto title = fmt::format("==> {} {} {} attempt {} <==", rollout->name, job.hook.empty() ? "job" : "hook",
                                       job.job, attempt);
        context.out << (followed.size() > 1 ? "\n" : "")
                    << context.screen.paint(context.screen.text(title), Style::Bold) << '\n'
                    << std::flush;
        const auto path =
            rollout_path(rollout->name, fmt::format("/logs?job={}&attempt={}", percent_encode(job.job), attempt));
        auto done = follow_one(context, options, path);
        if (done) done = check_end_of_job(context, rollout->name, job.job, attempt);
        if (!done) return fail(context, done.error());
      }
    }
    if (any) continue;  // what has ended meanwhile is looked at again
    if (settled || rollout->ended()) return failed ? ExitStatus::Failed : ExitStatus::Done;
    std::this_thread::sleep_for(between_looks);
  }
}

}  // namespace

ExitStatus follow_logs(const Context& context, const std::string& name, const LogRequest& options) {
  if (options.component.empty()) return follow_jobs(context, name, options);
  const auto rollout = rollout_to_follow(context, name, options);
  if (!rollout) return fail(context, rollout.error());
  auto done = follow_one(
      context, options,
      rollout_path(rollout->name, fmt::format("/logs?component={}&replica={}", percent_encode(options.component),
                                              options.replica.value_or(0))));
  if (done) done = check_end_of_replica(context, name, rollout->revision, options);
  return done ? ExitStatus::Done : fail(context, done.error());
}

}  // namespace teal::cli
