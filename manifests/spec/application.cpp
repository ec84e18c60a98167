#include "manifests/spec/application.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace teal::spec {

std::string image_reference(const ApplicationSpec& spec) {
  const auto last = spec.image.find_last_of('/');
  const auto name = std::string_view{spec.image}.substr(last == std::string::npos ? 0 : last + 1);
  if (name.find(':') != std::string_view::npos || name.find('@') != std::string_view::npos) return spec.image;
  return fmt::format("{}:{}", spec.image, spec.version);
}

std::string to_string(const Security& security) {
  std::vector<std::string> words;
  if (!security.user.empty()) words.push_back("as user " + security.user);
  if (security.read_only_root_filesystem) words.emplace_back("read-only root filesystem");
  words.emplace_back(security.no_new_privileges ? "no new privileges" : "new privileges allowed");
  if (!security.drop.empty()) words.push_back(fmt::format("without {}", fmt::join(security.drop, " ")));
  if (!security.add.empty()) words.push_back(fmt::format("with {}", fmt::join(security.add, " ")));
  if (security.pids > 0) words.push_back(fmt::format("at most {} processes", security.pids));
  return fmt::format("{}", fmt::join(words, ", "));
}

std::string route_key(const Route& route) {
  auto key = (route.host.empty() ? "*" : route.host) + route.path;
  if (!key.ends_with('/')) key += '/';
  return key;
}

void fill_defaults(Application& application) {
  for (auto& component : application.spec.components) {
    if (!component.load_balancer || !component.load_balancer->backend.empty()) continue;
    component.load_balancer->backend = application.name + "_" + component.name;
  }
}

const Component* find_component(const ApplicationSpec& spec, std::string_view name) {
  const auto found = std::ranges::find(spec.components, name, &Component::name);
  return found == spec.components.end() ? nullptr : &*found;
}

std::string_view to_string(HookPoint point) {
  switch (point) {
    case HookPoint::BeforeMigration:
      return "beforeMigration";
    case HookPoint::AfterMigration:
      return "afterMigration";
    case HookPoint::BeforeCutover:
      return "beforeCutover";
    case HookPoint::AfterCutover:
      return "afterCutover";
    case HookPoint::OnRollback:
      return "onRollback";
  }
  return "onRollback";
}

const std::vector<Job>& hooks_at(const Hooks& hooks, HookPoint point) {
  switch (point) {
    case HookPoint::BeforeMigration:
      return hooks.before_migration;
    case HookPoint::AfterMigration:
      return hooks.after_migration;
    case HookPoint::BeforeCutover:
      return hooks.before_cutover;
    case HookPoint::AfterCutover:
      return hooks.after_cutover;
    case HookPoint::OnRollback:
      return hooks.on_rollback;
  }
  return hooks.on_rollback;
}

std::optional<HookPoint> find_hook(const Hooks& hooks, std::string_view name) {
  for (const auto point : hook_points) {
    const auto& list = hooks_at(hooks, point);
    if (std::ranges::find(list, name, &Job::name) != list.end()) return point;
  }
  return std::nullopt;
}

std::vector<const Job*> jobs_and_hooks(const ApplicationSpec& spec) {
  std::vector<const Job*> all;
  for (const auto& job : spec.migration.jobs) all.push_back(&job);
  for (const auto point : hook_points) {
    for (const auto& hook : hooks_at(spec.hooks, point)) all.push_back(&hook);
  }
  return all;
}

const Job* find_job(const ApplicationSpec& spec, std::string_view name) {
  const auto all = jobs_and_hooks(spec);
  const auto found = std::ranges::find(all, name, [](const Job* job) -> std::string_view { return job->name; });
  return found == all.end() ? nullptr : *found;
}

std::string container_name(std::string_view application, std::string_view unit, int revision, int index) {
  return fmt::format("teal-{}-{}-r{}-{}", application, unit, revision, index);
}

namespace {

std::optional<int> parse_number(std::string_view text) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || text.front() == '-' || error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<ContainerName> parse_container_name(std::string_view application, std::string_view name) {
  const auto prefix = fmt::format("teal-{}-", application);
  const auto tail = name.rfind("-r");  // a unit's own name may have one in it
  if (!name.starts_with(prefix) || tail == std::string_view::npos || tail <= prefix.size()) return std::nullopt;
  const auto numbers = name.substr(tail + 2);
  const auto dash = numbers.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto revision = parse_number(numbers.substr(0, dash));
  const auto index = parse_number(numbers.substr(dash + 1));
  if (!revision || !index) return std::nullopt;
  return ContainerName{std::string{name.substr(prefix.size(), tail - prefix.size())}, *revision, *index};
}

}  // namespace teal::spec
