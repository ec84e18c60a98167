// teal wait APP --for Complete --timeout 10m
//
// Asks every 200 ms, so that a teald that restarts meanwhile is no event: only at the start must it be there.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <ostream>
#include <thread>

#include "cli/verbs.hpp"
#include "cli/views.hpp"
#include "cli/wait_goal.hpp"
#include "cli/wait_progress.hpp"
#include "manifests/foundation/parse_time.hpp"

namespace teal::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr Duration interval{200};
constexpr Duration longest_call{5000};
// A file that was saved just now may take this long to become an application; a superseded rollout's successor, too.
constexpr Duration grace{3000};
constexpr Duration settling{1000};

struct WaitOptions {
  std::string goal = "Complete";
  std::string timeout = "10m";
  std::string to_version;
};

struct Looked {
  std::optional<boost::json::value> application;
  std::optional<boost::json::value> rollout;
};

class Waiting {
 public:
  Waiting(const Context& context, std::string name, Goal goal, Duration timeout)
      : context_(context),
        name_(std::move(name)),
        goal_(std::move(goal)),
        timeout_(timeout),
        progress_(context.screen, context.screen.terminal && isatty(STDERR_FILENO) == 1, started_) {}

  ExitStatus run() {
    for (bool first = true;; first = false) {
      if (const auto ended = step(first)) return *ended;
      if (left() <= Duration{0}) {
        return failed(ExitStatus::TimedOut,
                      fmt::format("timed out after {} waiting for {} to be {}: {}", format_duration(timeout_), name_,
                                  goal_.name, progress_.last()));
      }
      std::this_thread::sleep_for(std::min(interval, std::max(left(), Duration{1})));
    }
  }

 private:
  [[nodiscard]] Duration left() const {
    return timeout_ - std::chrono::duration_cast<Duration>(Clock::now() - started_);
  }

  [[nodiscard]] Duration deadline() const { return std::clamp(left(), interval, longest_call); }

  // Not found is no error here, but an application or rollout that is not there.
  Result<Looked> look() {
    Looked looked;
    auto application = context_.server.read(application_path(name_), deadline());
    if (!application) {
      if (application.error().code == ErrorCode::not_found) return looked;
      return application.error();
    }
    const auto rollout = read_application(*application).rollout;
    looked.application = std::move(*application);
    if (rollout.empty()) return looked;
    auto found = context_.server.read(rollout_path(rollout), deadline());
    if (found) {
      looked.rollout = std::move(*found);
    } else if (found.error().code != ErrorCode::not_found) {
      return found.error();
    }
    return looked;
  }

  // The exit status, once it is known.
  std::optional<ExitStatus> step(bool first) {
    const auto looked = look();
    if (!looked) {
      const auto& error = looked.error();
      const bool passing = error.code == ErrorCode::unavailable || error.code == ErrorCode::timed_out ||
                           error.code == ErrorCode::unhealthy || error.code == ErrorCode::internal;
      if (!passing || (first && error.code != ErrorCode::timed_out))
        return failed(exit_status_of(error), error.message);
      progress("teald is away: " + error.message);
      return std::nullopt;
    }
    if (!looked->application) {
      if (goal_.kind == Goal::Kind::Deleted) return done(nullptr, fmt::format("{} is deleted", name_));
      return unless_it_changes(fmt::format("there is no application {}", name_));
    }
    std::optional<RolloutView> rollout;
    if (looked->rollout) rollout = read_rollout(*looked->rollout);
    const auto verdict = judge(goal_, read_application(*looked->application), rollout);
    if (verdict.kind != Verdict::Kind::Stuck) stuck_since_.reset();
    if (verdict.kind != Verdict::Kind::Settled) settled_since_.reset();
    const auto& document = goal_.kind == Goal::Kind::Rollout && looked->rollout ? looked->rollout : looked->application;
    switch (verdict.kind) {
      case Verdict::Kind::Reached:
        return done(*document, verdict.message);
      case Verdict::Kind::Settled:
        if (!settled_since_) settled_since_ = Clock::now();
        if (Clock::now() - *settled_since_ >= settling) return done(*document, verdict.message);
        return std::nullopt;
      case Verdict::Kind::NotYet:
        progress(verdict.message);
        return std::nullopt;
      case Verdict::Kind::Stuck:
        return unless_it_changes(verdict.message);
      case Verdict::Kind::Lost:
        return failed(ExitStatus::Failed, verdict.message);
    }
    return std::nullopt;
  }

  std::optional<ExitStatus> unless_it_changes(const std::string& message) {
    if (!stuck_since_) stuck_since_ = Clock::now();
    if (Clock::now() - *stuck_since_ >= grace) return failed(ExitStatus::Failed, message);
    progress(message);
    return std::nullopt;
  }

  ExitStatus failed(ExitStatus status, const std::string& message) {
    context_.err << progress_.end();
    return fail(context_, status, message);
  }

  ExitStatus done(const boost::json::value& document, const std::string& message) {
    context_.err << progress_.end() << std::flush;
    if (is_document(context_.format)) {
      print_document(context_, document);
    } else {
      context_.out << context_.screen.text(message) << '\n';
    }
    return ExitStatus::Done;
  }

  void progress(const std::string& message) {
    if (const auto text = progress_.say(message, Clock::now()); !text.empty()) context_.err << text << std::flush;
  }

  const Context& context_;
  std::string name_;
  Goal goal_;
  Duration timeout_;
  Clock::time_point started_ = Clock::now();
  std::optional<Clock::time_point> stuck_since_;
  std::optional<Clock::time_point> settled_since_;
  WaitProgress progress_;
};

ExitStatus wait(const Context& context, const std::string& name, const WaitOptions& options) {
  auto goal = goal_named(options.goal);
  if (!options.to_version.empty()) {
    if (goal->kind != Goal::Kind::Rollout) {
      return fail(context, ExitStatus::BadUsage, "--to-version goes with a phase of a rollout, such as --for Complete");
    }
    goal->to_version = options.to_version;
  }
  return Waiting{context, name, *goal, *parse_duration(options.timeout)}.run();
}

std::string check_goal(const std::string& text) {
  if (goal_named(text)) return {};
  std::string known;
  for (const auto name : goal_names()) known.append(name).append(", ");
  return fmt::format("{} is nothing to wait for; there are: {}condition=TYPE[=STATUS]", text, known);
}

std::string check_timeout(const std::string& text) {
  const auto parsed = parse_duration(text);
  return parsed ? std::string{} : parsed.error().message;
}

}  // namespace

Handler declare_wait(CLI::App& app) {
  auto name = application_argument(app);
  auto options = std::make_shared<WaitOptions>();
  app.add_option("--for", options->goal,
                 "A phase of the latest rollout (Complete, the default) or of the application "
                 "(Healthy, …), condition=TYPE[=STATUS], or Deleted")
      ->check(check_goal);
  app.add_option("--timeout", options->timeout, "How long at most: 30s, 10m (the default)")->check(check_timeout);
  app.add_option("--to-version", options->to_version, "Not before the latest rollout is to this version");
  return [name, options](Context& context) { return wait(context, *name, *options); };
}

}  // namespace teal::cli
