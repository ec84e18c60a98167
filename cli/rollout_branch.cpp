#include "cli/rollout_branch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "cli/evidence_text.hpp"
#include "manifests/foundation/ages.hpp"
#include "manifests/spec/phase.hpp"

namespace teal::cli {
namespace {

// What a rollout has still before it is what follows its newest phase here.
std::span<const Name<spec::Phase>> path() { return spec::phases_on_the_way(); }
constexpr std::size_t widest_phase = 16;  // AwaitingApproval

enum class Mark { Done, Now, ToCome, Failed };

std::string drawn(Mark mark, const Screen& screen) {
  switch (mark) {
    case Mark::Done:
      return screen.paint(screen.unicode ? "✓" : "+", Style::Good);
    case Mark::Now:
      return screen.paint(screen.unicode ? "●" : "*", Style::Attention);
    case Mark::ToCome:
      return screen.paint(screen.unicode ? "○" : "o", Style::Dim);
    case Mark::Failed:
      return screen.paint(screen.unicode ? "✗" : "x", Style::Bad);
  }
  return {};
}

// The phase in which it went wrong: the one that the way back follows, or that it stands in since.
bool went_wrong(const RolloutView& rollout, const std::vector<objects::PhaseStatus>& phases, std::size_t i) {
  if (rollout.failure.empty() || rollout.phase == "Superseded") return false;
  const bool turned_back = i + 1 < phases.size() && phases[i + 1].phase == "RollingBack";
  return turned_back || (i + 1 == phases.size() && !rollout.ended() && rollout.phase != "RollingBack");
}

bool is_bad_end(std::string_view phase) { return phase == "RolledBack" || phase == "Failed"; }

std::string phase_line(Mark mark, std::string_view phase, const std::string& duration, const Screen& screen) {
  auto name = screen.text(phase);
  if (duration.empty())
    return drawn(mark, screen) + ' ' + screen.paint(name, mark == Mark::ToCome ? Style::Dim : Style::Plain);
  name.append(widest_phase - std::min(widest_phase, columns_of(name)), ' ');
  return fmt::format("{} {} {}", drawn(mark, screen), name, screen.paint(duration, Style::Dim));
}

// `said`: what stands above it already.
std::string job_line(const objects::JobStatus& job, const std::string& said, Time now, const Screen& screen) {
  const auto name = job.hook.empty() ? job.job : fmt::format("{} hook {}", job.hook, job.job);
  auto line = fmt::format("{} {}", screen.text(name), screen.paint(screen.text(job.state), style_of(job.state)));
  std::vector<std::string> details;
  if (const auto duration = span(job.started_at, job.finished_at, now); !duration.empty()) details.push_back(duration);
  if (job.exit_code) details.push_back(fmt::format("exit {}", *job.exit_code));
  if (job.attempts > 1) details.push_back(fmt::format("{} attempts", job.attempts));
  if (!details.empty()) line += ' ' + screen.paint(fmt::format("({})", fmt::join(details, ", ")), Style::Dim);
  const bool troubled = job.state == "Failed" || job.state == "Unknown";
  if (troubled && !job.message.empty() && said.find(job.message) == std::string::npos)
    line += ": " + screen.text(job.message);
  return line;
}

// In the order in which they run: the hooks around a migration stand before and after its jobs.
std::vector<objects::JobStatus> jobs_in(const RolloutView& rollout, std::string_view phase) {
  std::vector<objects::JobStatus> all;
  const auto add = [&](const std::vector<objects::JobStatus>& jobs, auto which) {
    for (const auto& job : jobs) {
      if (runs_in(job) == phase && which(job)) all.push_back(job);
    }
  };
  add(rollout.hooks, [](const objects::JobStatus& job) { return job.hook != "afterMigration"; });
  add(rollout.migration, [](const objects::JobStatus&) { return true; });
  add(rollout.hooks, [](const objects::JobStatus& job) { return job.hook == "afterMigration"; });
  return all;
}

std::string analysis_line(const objects::AnalysisRecord& analysis, const Screen& screen) {
  using enum objects::AnalysisState;
  const auto style = analysis.state == Passing   ? Style::Good
                     : analysis.state == Failing ? Style::Bad
                                                 : Style::Attention;
  const auto failures = analysis.failures > 0 ? fmt::format(", {} in a row", analysis.failures) : std::string{};
  return fmt::format(
      "analysis {}: {} {}", screen.text(analysis.name),
      screen.paint(std::string{name_of(analysis.state)} + failures, style),
      screen.paint(fmt::format("({}; {})", screen.text(analysis.answer), screen.text(analysis.limit)), Style::Dim));
}

// Layers that are here already have no bytes to come: then only they are counted.
std::string pull_line(const objects::PullProgress& pull, const Screen& screen) {
  constexpr std::size_t width = 20;
  const auto megabytes = [](std::uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
  auto line = fmt::format("image {} of {} layers", pull.layers_done, pull.layers);
  if (pull.bytes > 0) {
    const auto share = std::clamp(static_cast<double>(pull.bytes_done) / static_cast<double>(pull.bytes), 0.0, 1.0);
    const auto filled = static_cast<std::size_t>(share * width);
    std::string bar;
    for (std::size_t i = 0; i < width; ++i) {
      bar += i < filled ? (screen.unicode ? "█" : "#") : (screen.unicode ? "░" : "-");
    }
    line += fmt::format(" {} {:.1f} of {:.1f} MB", bar, megabytes(pull.bytes_done), megabytes(pull.bytes));
  }
  return line;
}

std::vector<objects::PhaseStatus> phases_so_far(const RolloutView& rollout) {
  auto phases = rollout.phases;
  const bool listed = std::ranges::any_of(phases, [&](const auto& each) { return each.phase == rollout.phase; });
  if (!listed && !rollout.phase.empty()) phases.push_back({rollout.phase, std::nullopt, std::nullopt});
  return phases;
}

void add_phases(const RolloutView& rollout, Time now, const Screen& screen, Branch& branch) {
  const auto phases = phases_so_far(rollout);
  std::size_t reached = 0;      // phases of the path that are behind or under way
  std::set<std::string> shown;  // phases whose jobs are
  const auto add_jobs = [&](const std::string& phase) {
    if (!shown.insert(phase).second) return;
    for (const auto& job : jobs_in(rollout, phase))
      branch.notes.push_back("    " + job_line(job, rollout.why(), now, screen));
  };
  for (std::size_t i = 0; i < phases.size(); ++i) {
    const auto& each = phases[i];
    const bool current = i + 1 == phases.size() && !rollout.ended();
    const bool bad = is_bad_end(each.phase) || went_wrong(rollout, phases, i);
    const auto mark = bad ? Mark::Failed : current ? Mark::Now : Mark::Done;
    const bool is_end = rollout.ended() && each.phase == rollout.phase;
    const auto duration =
        is_end ? std::string{} : span(each.started_at, current ? std::nullopt : each.finished_at, now);
    branch.notes.push_back(phase_line(mark, each.phase, duration, screen));
    add_jobs(each.phase);
    if (each.phase == "Preparing" && rollout.pull && rollout.pull->layers > 0) {
      branch.notes.push_back("    " + pull_line(*rollout.pull, screen));
    }
    const auto place = std::ranges::find(path(), each.phase, &Name<spec::Phase>::text);
    if (place != path().end()) reached = std::size_t(place - path().begin()) + 1;
  }
  const bool on_its_way = !rollout.ended() && rollout.phase != "RollingBack";
  for (std::size_t i = reached; on_its_way && i < path().size(); ++i) {
    branch.notes.push_back(phase_line(Mark::ToCome, path()[i].text, {}, screen));
    add_jobs(std::string{path()[i].text});
  }
}

std::vector<std::string> last_lines(const std::string& text, std::size_t most) {
  std::vector<std::string> lines;
  std::string line;
  for (const char c : text + '\n') {
    if (c != '\n') {
      line += c;
    } else if (!line.empty()) {
      lines.push_back(std::exchange(line, {}));
    }
  }
  if (lines.size() > most) lines.erase(lines.begin(), lines.end() - std::ptrdiff_t(most));
  return lines;
}

// What is known of those that failed; of those that were well only with `wide`.
void add_evidence(const RolloutView& rollout, bool wide, const Screen& screen, Branch& branch) {
  constexpr std::size_t shown_lines = 5;
  if (!rollout.evidence) return;
  for (const auto& each : rollout.evidence->containers) {
    if (!wide && each.log.empty() && each.body.empty()) continue;
    branch.notes.push_back(
        fmt::format("{} {}", screen.text(each.container), screen.paint(screen.text(evidence_text(each)), Style::Bad)));
    const auto& told = each.log.empty() ? each.body : each.log;
    for (const auto& line : last_lines(told, wide ? 20 : shown_lines)) {
      branch.notes.push_back(screen.paint("    " + screen.text(line), Style::Dim));
    }
  }
  for (const auto& each : rollout.evidence->servers) {
    if (wide || is_failing(each, rollout.revision, *rollout.evidence))
      branch.notes.push_back(screen.text(evidence_text(each)));
  }
  for (const auto& problem : rollout.evidence->load_balancer_problems) branch.notes.push_back(screen.text(problem));
}

std::string milliseconds(double seconds) { return fmt::format("{:.3g} ms", seconds * 1000); }

}  // namespace

Branch rollout_branch(const RolloutView& rollout, const std::string& said, Time now, bool wide, const Screen& screen) {
  Branch branch;
  branch.label = screen.paint(fmt::format("rollout {}", screen.text(rollout.name)), Style::Bold) + ' ';
  const auto versions =
      rollout.from_version.empty() ? rollout.to_version : rollout.from_version + " → " + rollout.to_version;
  if (!versions.empty()) branch.label += ' ' + screen.text(versions) + "  ";
  branch.label += screen.paint(screen.text(rollout.phase), style_of(rollout.phase));
  if (const auto duration = span(rollout.started_at, rollout.finished_at, now); !duration.empty()) {
    branch.label += screen.paint(fmt::format("  {}{}", rollout.ended() ? "in " : "for ", duration), Style::Dim);
  }
  // The cause once: a message that does not name it adds something to it, and no more.
  const bool cause_is_said = !rollout.failure.empty() && said.find(rollout.failure) != std::string::npos;
  if (const auto why = cause_is_said ? rollout.message : rollout.why();
      !why.empty() && said.find(why) == std::string::npos)
    branch.notes.push_back(screen.text(why));
  if (rollout.rollback) branch.notes.push_back(screen.text(rollout.rollback_text()));
  add_phases(rollout, now, screen, branch);
  if (!rollout.failure.empty()) add_evidence(rollout, wide, screen, branch);
  if (const auto& traffic = rollout.traffic; traffic.probes > 0) {
    const auto style = traffic.failed > 0 ? Style::Bad : Style::Good;
    auto note = fmt::format("traffic: {} probes, {}", traffic.probes,
                            screen.paint(fmt::format("{} failed", traffic.failed), style));
    if (const auto& latency = traffic.latency) {
      note += fmt::format(", p50 {} p99 {} max {}", milliseconds(latency->p50), milliseconds(latency->p99),
                          milliseconds(latency->max));
    }
    if (traffic.load_balancer_errors > 0) {
      note += ", " + screen.paint(fmt::format("{} load balancer errors", traffic.load_balancer_errors), Style::Bad);
    }
    branch.notes.push_back(std::move(note));
  }
  for (const auto& analysis : rollout.analysis) branch.notes.push_back(analysis_line(analysis, screen));
  if (wide) {
    if (rollout.started_at) branch.notes.push_back("started: " + format_time(*rollout.started_at));
    if (rollout.finished_at) branch.notes.push_back("finished: " + format_time(*rollout.finished_at));
    if (!rollout.image_digest.empty()) branch.notes.push_back("image: " + screen.text(rollout.image_digest));
  }
  return branch;
}

}  // namespace teal::cli
