// teal logs APP [--migration | --job J | --component C [--replica N]] [-f] [--rollout NAME | --revision N]
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <ostream>
#include <set>
#include <thread>

#include "cli/verbs.hpp"
#include "cli/views.hpp"
#include "daemon/runtime/http_client.hpp"

namespace teal::cli {
namespace {

struct Options {
  bool migration = false;
  bool follow = false;
  std::string job;
  std::string component;
  std::optional<std::int64_t> replica;
  std::string rollout;
  std::optional<std::int64_t> revision;
};

// One log that the API can be asked for.
struct Source {
  std::string title;  // "job default", "component api replica 0"
  std::string query;
  bool expected = true;  // false: it may never have been there
};

// Each attempt has a log of its own; teald gives the last one's when none is named.
void add_job(const JobView& job, std::vector<Source>& sources) {
  const auto query = "?job=" + http::encode(job.job);
  if (job.attempts <= 1) return sources.push_back({"job " + job.job, query, job.attempts > 0});
  for (std::int64_t attempt = 1; attempt <= std::min<std::int64_t>(job.attempts, 1000); ++attempt) {
    sources.push_back(
        {fmt::format("job {} attempt {}", job.job, attempt), fmt::format("{}&attempt={}", query, attempt)});
  }
}

std::vector<JobView> jobs_of(const Options& options, const RolloutView& rollout) {
  auto jobs = rollout.jobs;
  if (options.migration) return jobs;
  for (const auto& hook : rollout.hooks) {
    if (hook.attempts > 0 || hook.job == options.job) jobs.push_back(hook);
  }
  if (!options.job.empty()) std::erase_if(jobs, [&](const JobView& one) { return one.job != options.job; });
  return jobs;
}

std::vector<Source> sources_of(const Options& options, const ApplicationView& application, const RolloutView& rollout) {
  std::vector<Source> sources;
  if (options.component.empty()) {
    for (const auto& job : jobs_of(options, rollout)) add_job(job, sources);
  }
  if (options.migration || !options.job.empty()) return sources;
  for (const auto& component : application.components) {
    if (!options.component.empty() && component.name != options.component) continue;
    std::set<std::int64_t> present;
    for (const auto& replica : component.replicas) {
      if (replica.revision == rollout.revision && index_of(replica)) present.insert(*index_of(replica));
    }
    // Logs are kept when the containers are gone, so those that once ran are asked for as well.
    std::set<std::int64_t> indices = present;
    for (std::int64_t i = 0; i < component.desired && i < 1000; ++i) indices.insert(i);
    if (options.replica) indices = {*options.replica};
    for (const auto index : indices) {
      sources.push_back({fmt::format("component {} replica {}", component.name, index),
                         fmt::format("?component={}&replica={}", http::encode(component.name), index),
                         present.contains(index) || options.replica.has_value()});
    }
  }
  return sources;
}

Result<std::vector<Source>> find_sources(const Context& context, const std::string& name, const Options& options,
                                         RolloutView& found) {
  const auto application_json = context.server.read(application_path(name));
  if (!application_json) return application_json.error();
  const auto application = read_application(*application_json);
  auto rollout_name = options.rollout;
  if (options.revision) rollout_name = fmt::format("{}-{}", name, *options.revision);
  if (rollout_name.empty()) rollout_name = application.rollout;
  if (rollout_name.empty()) return Error{ErrorCode::not_found, name + " has no rollout yet, so there are no logs"};
  const auto rollout = context.server.read(rollout_path(rollout_name));
  if (!rollout) return rollout.error();
  found = read_rollout(*rollout);
  found.name = rollout_name;
  auto sources = sources_of(options, application, found);
  if (!sources.empty()) return sources;
  if (!options.job.empty()) {
    return Error{ErrorCode::not_found, fmt::format("{} has no job or hook {}", rollout_name, options.job)};
  }
  if (options.component.empty()) return Error{ErrorCode::not_found, rollout_name + " has no logs yet"};
  std::string known;
  for (const auto& component : application.components) known += (known.empty() ? "" : ", ") + component.name;
  return Error{ErrorCode::not_found, fmt::format("{} has no component {}; it has: {}", name, options.component,
                                                 known.empty() ? "none" : known)};
}

// What else is on record of a failure, once everything that was printed has been.
void print_evidence(const Context& context, const RolloutView& rollout, bool printed) {
  if (rollout.evidence.empty() && rollout.server_evidence.empty()) return;
  const auto title = fmt::format("==> {} evidence of the failure <==", rollout.name);
  context.out << (printed ? "\n" : "") << context.screen.paint(context.screen.text(title), Style::Bold) << '\n';
  for (const auto& each : rollout.evidence) {
    context.out << context.screen.text(each.container + ": " + each.text) << '\n';
    if (!each.body.empty()) context.out << context.screen.lines(each.body) << '\n';
  }
  for (const auto& each : rollout.server_evidence) context.out << context.screen.text(each.text) << '\n';
}

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

bool is_settled(const JobView& job) {
  return job.state == "Succeeded" || job.state == "NotNeeded" || job.state == "Failed" || job.state == "Unknown";
}

Result<void> follow_one(const Context& context, const std::string& path) {
  LinePrinter printer{context};
  return context.server.follow(path + "&follow=true", [&](std::string_view text) { return printer.take(text); });
}

// The latest rollout, also one that begins only now.
Result<RolloutView> rollout_to_follow(const Context& context, const std::string& name, const Options& options) {
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

// Attempt after attempt and job after job, as they come, until all have ended or the rollout has.
ExitStatus follow_jobs(const Context& context, const std::string& name, Options options) {
  std::set<std::pair<std::string, std::int64_t>> followed;
  for (;;) {
    const auto rollout = rollout_to_follow(context, name, options);
    if (!rollout) return fail(context, rollout.error());
    options.rollout = rollout->name;
    options.revision.reset();
    auto jobs = rollout->jobs;
    if (!options.migration) jobs.insert(jobs.end(), rollout->hooks.begin(), rollout->hooks.end());
    if (!options.job.empty()) std::erase_if(jobs, [&](const JobView& one) { return one.job != options.job; });
    if (jobs.empty()) {
      return fail(context, Error{ErrorCode::not_found,
                                 options.job.empty() ? rollout->name + " has no jobs"
                                                     : fmt::format("{} has no job or hook {}", rollout->name, options.job)});
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
        context.out << (followed.size() > 1 ? "\n" : "") << context.screen.paint(context.screen.text(title), Style::Bold)
                    << '\n'
                    << std::flush;
        const auto path =
            rollout_path(rollout->name, fmt::format("/logs?job={}&attempt={}", http::encode(job.job), attempt));
        if (auto done = follow_one(context, path); !done) return fail(context, done.error());
      }
    }
    if (any) continue;  // what has ended meanwhile is looked at again
    if (settled || rollout->ended()) return failed ? ExitStatus::Failed : ExitStatus::Done;
    std::this_thread::sleep_for(std::chrono::milliseconds{250});
  }
}

ExitStatus follow(const Context& context, const std::string& name, const Options& options) {
  if (options.component.empty()) return follow_jobs(context, name, options);
  const auto rollout = rollout_to_follow(context, name, options);
  if (!rollout) return fail(context, rollout.error());
  const auto done =
      follow_one(context, rollout_path(rollout->name, fmt::format("/logs?component={}&replica={}",
                                                                  http::encode(options.component),
                                                                  options.replica.value_or(0))));
  return done ? ExitStatus::Done : fail(context, done.error());
}

ExitStatus logs(const Context& context, const std::string& name, const Options& options) {
  if (options.follow && !is_document(context.format)) return follow(context, name, options);
  RolloutView rollout_view;
  const auto sources = find_sources(context, name, options, rollout_view);
  const auto& rollout = rollout_view.name;
  if (!sources) return fail(context, sources.error());
  const bool all = !options.migration && options.component.empty() && options.job.empty();
  bool printed = false;
  std::optional<Error> problem;
  boost::json::array documents;
  for (const auto& source : *sources) {
    const auto log = context.server.read_text(rollout_path(rollout, "/logs" + source.query));
    if (!log) {
      if (log.error().code == ErrorCode::not_found && !source.expected) continue;
      problem = within(source.title, log.error());
      if (log.error().code == ErrorCode::unavailable) break;
      continue;
    }
    if (is_document(context.format)) {
      documents.push_back(boost::json::object{{"rollout", boost::json::string_view{rollout}},
                                              {"source", boost::json::string_view{source.title}},
                                              {"log", boost::json::string_view{*log}}});
      continue;
    }
    if (all || sources->size() > 1) {
      const auto title = context.screen.text(fmt::format("==> {} {} <==", rollout, source.title));
      context.out << (printed ? "\n" : "") << context.screen.paint(title, Style::Bold) << '\n';
    }
    printed = true;
    const auto text = context.screen.lines(*log);
    context.out << text;
    if (!text.empty() && text.back() != '\n') context.out << '\n';
  }
  if (is_document(context.format)) print_document(context, documents);
  if (all && !is_document(context.format)) {
    print_evidence(context, rollout_view, printed);
    printed = printed || !rollout_view.evidence.empty();
  }
  if (problem) return fail(context, *problem);
  if (!printed && !is_document(context.format))
    context.err << "No logs yet for " << context.screen.text(rollout) << ".\n";
  return ExitStatus::Done;
}

}  // namespace

Handler declare_logs(CLI::App& app) {
  auto name = application_argument(app);
  auto options = std::make_shared<Options>();
  auto* migration = app.add_flag("--migration", options->migration, "Only the migration jobs'");
  app.add_flag("-f,--follow", options->follow, "As it is printed, until the jobs (or the replica) have ended");
  auto* job = app.add_option("--job", options->job, "Only this migration job's or hook's")->excludes(migration);
  auto* component = app.add_option("-c,--component", options->component, "Only this component's replicas'");
  component->excludes(migration)->excludes(job);
  app.add_option("--replica", options->replica, "Only this one, counted from 0")
      ->needs(component)
      ->check(CLI::NonNegativeNumber);
  auto* rollout = app.add_option("--rollout", options->rollout, "Of this rollout; default: the latest");
  app.add_option("--revision", options->revision, "Of this revision's rollout")
      ->excludes(rollout)
      ->check(CLI::PositiveNumber);
  return [name, options](Context& context) { return logs(context, *name, *options); };
}

}  // namespace teal::cli
