#include "cli/status_tree.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/failure_lines.hpp"
#include "manifests/foundation/ages.hpp"
#include "cli/rollout_branch.hpp"

namespace teal::cli {
namespace {

std::string bullet(Style style, const Screen& screen) { return screen.paint(screen.unicode ? "●" : "*", style); }

// "api" and "worker" below each other: the second column starts where the longest first one ends.
std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width > columns_of(text) ? width - columns_of(text) : 0, ' ');
}

bool is_fine(const ReplicaView& replica) {
  const bool well = replica.health.empty() || replica.health == "running" || replica.health.starts_with("healthy");
  return replica.state == "Running" && well;
}

Branch replica_branch(const ReplicaView& replica, std::size_t width, bool wide, const Screen& screen) {
  const auto style = is_fine(replica)             ? Style::Good
                     : replica.state == "Running" ? Style::Attention
                                                  : style_of(replica.state);
  auto line = bullet(style, screen) + ' ' + padded(screen.text(replica.name), width);
  const auto add = [&](const std::string& text, Style text_style = Style::Plain) {
    if (!text.empty()) line += "  " + screen.paint(screen.text(text), text_style);
  };
  add(replica.state, style_of(replica.state));
  add(replica.health, is_fine(replica) ? Style::Plain : Style::Attention);
  if (!replica.load_balancer.empty()) {
    add(replica.load_balancer, style_of(replica.load_balancer));
    if (replica.sessions) {
      add(fmt::format("{} session{}", *replica.sessions, *replica.sessions == 1 ? "" : "s"), Style::Dim);
    }
  }
  if (wide) add(replica.address, Style::Dim);
  if (wide && !replica.server.empty()) add("as server " + replica.server, Style::Dim);
  return {.label = line, .notes = {}, .children = {}};
}

// `counted`: as many as desired are wanted of this revision; it is not on its way out.
Branch component_branch(const ComponentView& component, std::int64_t revision, bool counted, bool wide,
                        const Screen& screen) {
  Branch branch{.label = screen.text(component.name), .notes = {}, .children = {}};
  std::vector<ReplicaView> replicas;
  std::size_t width = 0;
  for (const auto& replica : component.replicas) {
    if (replica.revision != revision) continue;
    replicas.push_back(replica);
    width = std::max(width, columns_of(screen.text(replica.name)));
  }
  const auto fine = std::ranges::count_if(replicas, is_fine);
  const bool enough = fine >= component.desired;
  if (counted) {
    branch.label += ' ' + screen.paint(fmt::format("{} of {} ready", fine, component.desired),
                                       enough ? Style::Good : Style::Attention);
  }
  for (const auto& replica : replicas) branch.children.push_back(replica_branch(replica, width, wide, screen));
  return branch;
}

Branch revision_branch(const ApplicationView& application, const std::optional<RolloutView>& rollout,
                       std::int64_t revision, bool wide, const Screen& screen) {
  Branch branch{.label = screen.paint(fmt::format("revision {}", revision), Style::Bold), .notes = {}, .children = {}};
  const bool active = revision == application.active_revision;
  const bool target = rollout && rollout->revision == revision;
  const bool awaited = target && !rollout->ended();
  const auto version = target ? rollout->to_version : active ? application.active_version : std::string{};
  if (!version.empty()) branch.label += ' ' + screen.text(version);
  if (active) branch.label += "  " + screen.paint("active", Style::Good);
  if (!active && awaited) {
    branch.label += "  " + screen.paint("incoming", Style::Attention);
  } else if (!active) {
    branch.label += "  " + screen.paint("outgoing", Style::Dim);
  }
  for (const auto& component : application.components) {
    const bool here =
        std::ranges::any_of(component.replicas, [&](const auto& each) { return each.revision == revision; });
    if (here || active || awaited)
      branch.children.push_back(component_branch(component, revision, active || awaited, wide, screen));
  }
  return branch;
}

// What a running or failed rollout has not reached yet is no trouble of its own: its branch of the tree tells.
bool is_expected(const ConditionView& condition, const std::optional<RolloutView>& rollout) {
  if (condition.type == "Progressing") return true;
  if (condition.type == "Preflight") return true;  // each of its findings is a condition of its own
  const bool under_way = rollout && !rollout->ended();
  if (condition.type == "Migrated")
    return under_way && condition.status == "False" && condition.reason != spec::Reason::MigrationFailed;
  const bool of_the_end = condition.type == "Verified" || condition.type == "Drained";
  return of_the_end && rollout && rollout->phase != "Complete";
}

// Those an operator should look at.
std::vector<std::string> troubled_conditions(const ApplicationView& application,
                                             const std::optional<RolloutView>& rollout, const std::string& said,
                                             const Screen& screen) {
  std::vector<std::string> lines;
  for (const auto& condition : application.conditions) {
    const auto* normal = condition.type == "Orphaned" ? "False" : "True";
    if (condition.status == normal || is_expected(condition, rollout)) continue;
    auto text = fmt::format("{} {}", condition.type, condition.status);
    if (!condition.reason.empty()) text += fmt::format(" ({})", to_string(condition.reason));
    // Said above already, or all of the application's message, which is.
    const bool repeated = said.find(condition.message) != std::string::npos || condition.message == application.message;
    if (!repeated) text += ": " + condition.message;
    lines.push_back(screen.paint("!", Style::Attention) + ' ' + screen.text(text));
  }
  return lines;
}

std::string headline(const ApplicationView& application, const Screen& screen) {
  auto line = screen.paint(screen.text(application.name), Style::Bold);
  auto versions = application.active_version;
  if (!application.version.empty() && application.version != versions) {
    versions = versions.empty() ? application.version : versions + " → " + application.version;
  }
  if (!versions.empty()) line += "  " + screen.text(versions);
  const auto phase = application.phase.empty() ? std::string{"Unknown"} : application.phase;
  return line + "  " + screen.paint(screen.text(phase), style_of(phase));
}

}  // namespace

Branch status_tree(const ApplicationView& application, const std::optional<RolloutView>& rollout, Time now, bool wide,
                   const Screen& screen) {
  Branch root{.label = headline(application, screen), .notes = {}, .children = {}};
  const auto failure = failure_lines(application, rollout);
  const auto said = failure ? failure->happened + '\n' + failure->now : application.message;
  if (failure) {
    root.notes.push_back(screen.paint("Happened", Style::Bold) + "  " + screen.text(failure->happened));
    root.notes.push_back(screen.paint("Now", Style::Bold) + "       " + screen.text(failure->now));
    root.notes.push_back(screen.paint("Do", Style::Bold) + "        " + screen.text(failure->to_do));
  }
  if (!application.message.empty() && (!failure || wide)) root.notes.push_back(screen.text(application.message));
  for (auto& line : troubled_conditions(application, rollout, said, screen)) root.notes.push_back(std::move(line));
  if (application.observed_generation < application.generation) {
    root.notes.push_back(screen.paint(
        fmt::format("generation {} is saved but not processed yet", application.generation), Style::Attention));
  }
  if (rollout) root.children.push_back(rollout_branch(*rollout, said, now, wide, screen));
  std::set<std::int64_t, std::greater<>> revisions;
  for (const auto& component : application.components) {
    for (const auto& replica : component.replicas) revisions.insert(replica.revision);
  }
  if (application.active_revision > 0) revisions.insert(application.active_revision);
  if (rollout && !rollout->ended()) revisions.insert(rollout->revision);
  for (const auto revision : revisions) {
    root.children.push_back(revision_branch(application, rollout, revision, wide, screen));
  }
  return root;
}

}  // namespace teal::cli
