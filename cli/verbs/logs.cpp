// teal logs APP [--migration | --job J | --component C [--replica N]] [-f] [--timestamps] [--rollout NAME | --revision
// N]
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <ostream>
#include <set>

#include "cli/evidence_text.hpp"
#include "cli/follow_logs.hpp"
#include "cli/verbs.hpp"
#include "cli/views.hpp"
#include "daemon/http/http_client.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::cli {
namespace {

// One log that the API can be asked for.
struct Source {
  std::string title;  // "job default", "component api replica 0"
  std::string query;
  bool expected = true;  // false: it may never have been there
};

// Each attempt has a log of its own; teald gives the last one's when none is named.
void add_job(const objects::JobStatus& job, std::vector<Source>& sources) {
  const auto query = "?job=" + percent_encode(job.job);
  if (job.attempts <= 1) return sources.push_back({"job " + job.job, query, job.attempts > 0});
  for (std::int64_t attempt = 1; attempt <= std::min<std::int64_t>(job.attempts, 1000); ++attempt) {
    sources.push_back(
        {fmt::format("job {} attempt {}", job.job, attempt), fmt::format("{}&attempt={}", query, attempt)});
  }
}

std::vector<objects::JobStatus> jobs_of(const LogRequest& options, const RolloutView& rollout) {
  auto jobs = rollout.migration;
  if (options.migration) return jobs;
  for (const auto& hook : rollout.hooks) {
    if (hook.attempts > 0 || hook.job == options.job) jobs.push_back(hook);
  }
  if (!options.job.empty()) std::erase_if(jobs, [&](const objects::JobStatus& one) { return one.job != options.job; });
  return jobs;
}

std::vector<Source> sources_of(const LogRequest& options, const ApplicationView& application,
                               const RolloutView& rollout) {
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
                         fmt::format("?component={}&replica={}", percent_encode(component.name), index),
                         present.contains(index) || options.replica.has_value()});
    }
  }
  return sources;
}

Result<std::vector<Source>> find_sources(const Context& context, const std::string& name, const LogRequest& options,
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
  const auto& seen = rollout.evidence;
  if (!seen || (seen->containers.empty() && seen->servers.empty() && seen->load_balancer_problems.empty())) return;
  const auto title = fmt::format("==> {} evidence of the failure <==", rollout.name);
  context.out << (printed ? "\n" : "") << context.screen.paint(context.screen.text(title), Style::Bold) << '\n';
  for (const auto& each : seen->containers) {
    context.out << context.screen.text(each.container + ": " + evidence_text(each)) << '\n';
    if (!each.body.empty()) context.out << context.screen.lines(each.body) << '\n';
  }
  for (const auto& each : seen->servers) context.out << context.screen.text(evidence_text(each)) << '\n';
  for (const auto& problem : seen->load_balancer_problems) context.out << context.screen.text(problem) << '\n';
}

ExitStatus logs(const Context& context, const std::string& name, const LogRequest& options) {
  if (options.follow && !is_document(context.format)) return follow_logs(context, name, options);
  RolloutView rollout_view;
  const auto sources = find_sources(context, name, options, rollout_view);
  const auto& rollout = rollout_view.name;
  if (!sources) return fail(context, sources.error());
  const bool all = !options.migration && options.component.empty() && options.job.empty();
  bool printed = false;
  std::optional<Error> problem;
  boost::json::array documents;
  for (const auto& source : *sources) {
    const auto log = context.server.read_text(
        rollout_path(rollout, "/logs" + source.query + (options.timestamps ? "&timestamps=true" : "")));
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
    printed = printed || (rollout_view.evidence && !rollout_view.evidence->containers.empty());
  }
  if (problem) return fail(context, *problem);
  if (!printed && !is_document(context.format))
    context.err << "No logs yet for " << context.screen.text(rollout) << ".\n";
  return ExitStatus::Done;
}

}  // namespace

Handler declare_logs(CLI::App& app) {
  auto name = application_argument(app);
  auto options = std::make_shared<LogRequest>();
  auto* migration = app.add_flag("--migration", options->migration, "Only the migration jobs'");
  app.add_flag("-f,--follow", options->follow, "As it is printed, until the jobs (or the replica) have ended");
  app.add_flag("--timestamps", options->timestamps, "Each line behind the time at which it was written");
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
