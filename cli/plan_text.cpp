#include "cli/plan_text.hpp"

#include <fmt/format.h>

#include "manifests/foundation/ages.hpp"

namespace teal::cli {
namespace {

void add_changes(const objects::Plan& plan, const Screen& screen, std::string& out) {
  if (plan.changes.empty()) return;
  const auto shown = [&](const std::string& value) { return value.empty() ? "\"\"" : screen.text(value); };
  out += '\n' + screen.paint("Changes", Style::Bold) + '\n';
  for (const auto& change : plan.changes) {
    out += fmt::format("  {}: {} {} {}\n", screen.text(change.path), shown(change.from), screen.unicode ? "→" : "->",
                       shown(change.to));
  }
}

void add_policy(const objects::Plan& plan, const Screen& screen, std::string& out) {
  const auto& policy = plan.policy;
  if (policy.message.empty()) return;
  out += '\n' + screen.paint("Policy", Style::Bold) + '\n';
  const auto verdict = policy.allowed ? screen.text(policy.strategy) : screen.paint("blocked", Style::Attention);
  out += fmt::format("  {}: {}\n", verdict, screen.text(policy.message));
}

// ", 2.1s last time"; empty when no rollout went through that phase yet.
std::string last_time(const objects::Plan& plan, std::string_view phase) {
  for (const auto& each : plan.last_time) {
    if (each.phase == phase) return fmt::format(", {} last time", human_duration(each.took));
  }
  return {};
}

// What is not in the steps, because nobody means it to happen.
void add_rollback_hooks(const objects::Plan& plan, const Screen& screen, std::string& out) {
  bool any = false;
  for (const auto& job : plan.jobs) {
    if (!job.is_hook || job.point != "onRollback") continue;
    if (!any) out += '\n' + screen.paint("If it is rolled back", Style::Bold) + '\n';
    any = true;
    out += fmt::format("  run hook {}: {}\n", screen.text(job.job), screen.text(job.command));
  }
}

void add_steps(const objects::Plan& plan, bool wide, const Screen& screen, std::string& out) {
  if (plan.steps.empty()) return;
  out += '\n' + screen.paint("Steps", Style::Bold) + '\n';
  std::string phase;
  int number = 0;
  for (const auto& step : plan.steps) {
    if (step.phase != phase) {
      phase = step.phase;
      out += fmt::format("  {}{}\n", screen.text(phase), screen.paint(last_time(plan, phase), Style::Dim));
    }
    const auto both = step.object.empty() ? step.action : step.action + ' ' + step.object;
    const auto& message = step.message.empty() ? both : step.message;
    out += fmt::format("  {:>4}. {}\n", ++number, screen.text(message));
    if (wide && message != both) out += fmt::format("        {}\n", screen.paint(screen.text(both), Style::Dim));
  }
}

void add_findings(const objects::Plan& plan, const Screen& screen, std::string& out) {
  if (plan.findings.empty()) return;
  out += '\n' + screen.paint("Findings", Style::Bold) + '\n';
  for (const auto& finding : plan.findings) {
    out += fmt::format("  {} {}\n", screen.paint("!", Style::Attention), screen.text(finding));
  }
}

}  // namespace

std::string render_plan(const objects::Plan& plan, bool wide, const Screen& screen) {
  auto headline = plan.application;
  if (!plan.to_version.empty()) {
    headline +=
        ": " + (plan.from_version.empty() ? "install " + plan.to_version : plan.from_version + " → " + plan.to_version);
  }
  headline += plan.revision > 0 ? fmt::format(", revision {}", plan.revision) : ", nothing to roll out";
  auto out = screen.paint(screen.text(headline), Style::Bold) + '\n';
  if (!plan.summary.empty()) out += screen.text(plan.summary) + '\n';
  add_changes(plan, screen, out);
  add_policy(plan, screen, out);
  add_steps(plan, wide, screen, out);
  add_rollback_hooks(plan, screen, out);
  add_findings(plan, screen, out);
  return out;
}

}  // namespace teal::cli
