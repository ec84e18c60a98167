#include "cli/plan_text.hpp"

#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "cli/fields.hpp"
#include "cli/presentation/ages.hpp"

namespace teal::cli {
namespace {

// A changed field's value: text as it is, anything else as JSON; "(none)" for a field that is not there.
std::string value_text(const boost::json::value& change, std::string_view pointer) {
  const auto* value = find(change, pointer);
  if (value == nullptr || value->is_null()) return "(none)";
  auto text = value->is_string() ? text_at(change, pointer) : boost::json::serialize(*value);
  return text.empty() ? "\"\"" : text;
}

void add_changes(const boost::json::value& plan, const Screen& screen, std::string& out) {
  const auto& changes = items_at(plan, "/changes");
  if (changes.empty()) return;
  out += '\n' + screen.paint("Changes", Style::Bold) + '\n';
  for (const auto& change : changes) {
    out +=
        fmt::format("  {}: {} {} {}\n", screen.text(text_at(change, "/path")), screen.text(value_text(change, "/from")),
                    screen.unicode ? "→" : "->", screen.text(value_text(change, "/to")));
  }
}

void add_policy(const boost::json::value& plan, const Screen& screen, std::string& out) {
  const auto message = text_at(plan, "/policy/message");
  if (message.empty()) return;
  const bool allowed = text_at(plan, "/policy/allowed") == "true";
  const auto verdict = allowed ? text_at(plan, "/policy/strategy") : std::string{"blocked"};
  out += '\n' + screen.paint("Policy", Style::Bold) + '\n';
  const auto shown = screen.text(verdict);
  out += fmt::format("  {}: {}\n", allowed ? shown : screen.paint(shown, Style::Attention), screen.text(message));
}

// ", 2.1s last time"; empty when no rollout went through that phase yet.
std::string last_time(const boost::json::value& plan, std::string_view phase) {
  for (const auto& each : items_at(plan, "/lastTime/phases")) {
    if (text_at(each, "/phase") != phase) continue;
    const auto seconds = seconds_at(each, "/seconds");
    if (!seconds) return {};
    return fmt::format(", {} last time",
                       human_duration(std::chrono::milliseconds{static_cast<std::int64_t>(*seconds * 1000)}));
  }
  return {};
}

// What is not in the steps, because nobody means it to happen.
void add_rollback_hooks(const boost::json::value& plan, const Screen& screen, std::string& out) {
  bool any = false;
  for (const auto& job : items_at(plan, "/jobs")) {
    if (text_at(job, "/hook") != "onRollback") continue;
    if (!any) out += '\n' + screen.paint("If it is rolled back", Style::Bold) + '\n';
    any = true;
    out += fmt::format("  run hook {}: {}\n", screen.text(text_at(job, "/job")), screen.text(text_at(job, "/command")));
  }
}

void add_steps(const boost::json::value& plan, bool wide, const Screen& screen, std::string& out) {
  const auto& steps = items_at(plan, "/steps");
  if (steps.empty()) return;
  out += '\n' + screen.paint("Steps", Style::Bold) + '\n';
  std::string phase;
  int number = 0;
  for (const auto& step : steps) {
    if (auto next = text_at(step, "/phase"); next != phase) {
      phase = std::move(next);
      out += fmt::format("  {}{}\n", screen.text(phase), screen.paint(last_time(plan, phase), Style::Dim));
    }
    const auto action = text_at(step, "/action");
    const auto object = text_at(step, "/object");
    auto message = text_at(step, "/message");
    const auto both = object.empty() ? action : action + ' ' + object;
    if (message.empty()) message = both;
    out += fmt::format("  {:>4}. {}\n", ++number, screen.text(message));
    if (wide && message != both) out += fmt::format("        {}\n", screen.paint(screen.text(both), Style::Dim));
  }
}

void add_findings(const boost::json::value& plan, const Screen& screen, std::string& out) {
  const auto& findings = items_at(plan, "/findings");
  if (findings.empty()) return;
  out += '\n' + screen.paint("Findings", Style::Bold) + '\n';
  for (const auto& finding : findings) {
    const auto text = finding.is_object() ? text_at(finding, "/message") : text_at(finding, "");
    out += fmt::format("  {} {}\n", screen.paint("!", Style::Attention), screen.text(text));
  }
}

}  // namespace

std::string render_plan(const boost::json::value& plan, bool wide, const Screen& screen) {
  auto name = text_at(plan, "/metadata/name");
  const auto revision = number_at(plan, "/revision").value_or(0);
  const auto from = text_at(plan, "/fromVersion");
  const auto to = text_at(plan, "/toVersion");
  auto headline = name;
  if (!to.empty()) headline += ": " + (from.empty() ? "install " + to : from + " → " + to);
  headline += revision > 0 ? fmt::format(", revision {}", revision) : ", nothing to roll out";
  auto out = screen.paint(screen.text(headline), Style::Bold) + '\n';
  if (const auto summary = text_at(plan, "/summary"); !summary.empty()) out += screen.text(summary) + '\n';
  add_changes(plan, screen, out);
  add_policy(plan, screen, out);
  add_steps(plan, wide, screen, out);
  add_rollback_hooks(plan, screen, out);
  add_findings(plan, screen, out);
  return out;
}

}  // namespace teal::cli
