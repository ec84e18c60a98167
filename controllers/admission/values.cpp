#include "controllers/admission/values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace teal::admission {
namespace {

// Keys of another teald's making say nothing about the value.
std::string_view key_of(std::string_view fingerprint) { return fingerprint.substr(0, fingerprint.find(':')); }

std::string place_of(const spec::ValueSource& source) {
  switch (source.kind) {
    case spec::ValueSource::Kind::File:
      return "file " + source.text;
    case spec::ValueSource::Kind::Environment:
      return "teald's variable " + source.text;
    case spec::ValueSource::Kind::Exec:
      return "output of " + (source.command.empty() ? std::string{} : source.command.front());
    case spec::ValueSource::Kind::Literal:
      return {};
  }
  return {};
}

void add(const spec::Environment& environment, const std::string& path, std::vector<WatchedSource>& sources) {
  for (const auto& [name, source] : environment) {
    if (source.kind == spec::ValueSource::Kind::Literal) continue;
    sources.push_back({fmt::format("{}.{} ({})", path, name, place_of(source)), {}, source});
  }
}

records::Event about(const std::string& application, spec::Reason reason, std::string message, bool warning, Time now) {
  records::Event event;
  event.time = now;
  event.warning = warning;
  event.reason = std::move(reason);
  event.message = std::move(message);
  event.application = application;
  event.object = "Application/" + application;
  return event;
}

}  // namespace

std::vector<WatchedSource> watched_sources(const spec::ApplicationSpec& spec) {
  std::vector<WatchedSource> sources;
  for (const auto& path : spec.env_files) sources.push_back({fmt::format("spec.envFiles ({})", path), path, {}});
  add(spec.env, "spec.env", sources);
  for (const auto& component : spec.components) {
    add(component.env, fmt::format("spec.components[{}].env", component.name), sources);
  }
  return sources;
}

Admission admit_values(const Register& known, const std::string& name, const ValuesSeen& seen, Time now) {
  Admission admission;
  const auto found = known.find(name);
  if (!found || found->deleting || !found->application.spec.restart_on_change) return admission;
  auto record = *found;
  std::map<std::string, std::string> fingerprints;
  std::vector<std::string> changed;
  for (const auto& source : watched_sources(record.application.spec)) {
    const auto before = record.values.fingerprints.find(source.name);
    const auto after = seen.fingerprints.find(source.name);
    const bool is_known = record.values.known && before != record.values.fingerprints.end();
    if (after == seen.fingerprints.end()) {
      if (is_known) fingerprints[source.name] = before->second;  // it counts again once it is back
      continue;
    }
    fingerprints[source.name] = after->second;
    if (is_known && key_of(before->second) == key_of(after->second) && before->second != after->second) {
      changed.push_back(source.name);
    }
  }
  record.values.fingerprints = std::move(fingerprints);
  record.values.known = true;
  if (!changed.empty()) {
    record.values.changes += 1;
    record.generation += 1;
    admission.events.push_back(about(name, spec::Reason::SecretChanged,
                                     fmt::format("{} changed: restartOnChange wants a new revision (generation {})",
                                                 fmt::join(changed, ", "), record.generation),
                                     false, now));
  }
  if (record.values.problem != seen.problem) {
    record.values.problem = seen.problem;
    const bool gone = !seen.problem.empty();
    admission.events.push_back(about(
        name, gone ? spec::Reason::SecretUnreadable : spec::Reason::SecretReadable,
        gone ? seen.problem + "; what runs keeps running, what is started needs it" : "all secrets can be read again",
        gone, now));
  }
  if (record != *found) admission.changed.push_back(std::move(record));
  return admission;
}

}  // namespace teal::admission
