#include "controllers/admission/admission.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "manifests/spec/diff.hpp"

namespace teal::admission {
namespace {

records::Event event(const std::string& application, spec::Reason reason, std::string message, bool warning, Time now) {
  records::Event made;
  made.time = now;
  made.warning = warning;
  made.reason = std::move(reason);
  made.message = std::move(message);
  made.application = application;
  made.object = application.empty() ? "Manifest" : "Application/" + application;
  return made;
}

// Unique over the lives of one name: it is made of the moment of creation.
std::string make_uid(const std::string& name, Time now) {
  return fmt::format("{}-{:x}", name, now.time_since_epoch().count());
}

class Admitter {
 public:
  Admitter(const Applications& known, Time now, const Unreadable& unreadable)
      : records_(known), now_(now), unreadable_(unreadable) {}

  void gone(const std::string& path) {
    for (auto& [name, record] : records_) {
      if (record.file != path || record.orphaned) continue;
      record.orphaned = true;
      record.problem.clear();
      touch(name);
      tell(name, spec::Reason::Orphaned,
           fmt::format("its manifest {} is gone; it runs on until the file is back or `teal delete {}`", path, name),
           true);
      note(records::manifest_file(path), "orphan", &record, &record);
    }
  }

  void refused(const std::string& path, const std::string& problem) {
    result_.problems.push_back(problem);
    bool known = false;
    for (auto& [name, record] : records_) {
      if (record.file != path) continue;
      known = true;
      if (record.problem == problem) continue;
      record.problem = problem;
      record.orphaned = false;
      touch(name);
      tell(name, spec::Reason::ManifestRefused, problem + "; the spec before stays in force", true);
    }
    if (!known) tell("", spec::Reason::ManifestRefused, problem, true);
  }

  // `saved`: somebody has just written it.
  void accepted(const std::string& path, const spec::Application& application, bool saved) {
    const auto& name = application.name;
    const auto found = records_.find(name);
    if (found != records_.end() && !may_own(found->second, path)) {
      const auto owner = found->second.file.empty() ? std::string{"the API"} : found->second.file;
      return refused(path, fmt::format("{}: application {} is owned by {} already", path, name, owner));
    }
    if (found != records_.end() && found->second.deleting && !unreadable_.contains(name)) {
      return refused(
          path, fmt::format("{}: application {} is being deleted; save the file again once it is gone", path, name));
    }
    if (!check_names(path, application)) return;
    renamed(path, name);
    if (!saved && unreadable_.contains(name)) return own(name, path);
    put(application, path, found == records_.end() ? spec::Reason::Created : spec::Reason::Updated,
        records::manifest_file(path));
  }

  void put(const spec::Application& application, const std::string& file, const spec::Reason& what,
           const records::Requester& who) {
    const auto& name = application.name;
    const auto asked_by = file.empty() ? to_string(who) : who.name;
    const auto by = "by " + asked_by;
    const auto found = records_.find(name);
    if (found == records_.end()) {
      records::ApplicationRecord record;
      record.application = application;
      record.uid = make_uid(name, now_);
      record.file = file;
      record.created_at = now_;
      record.spec_by = asked_by;
      note(who, "create", nullptr, &record);
      records_.emplace(name, std::move(record));
      touch(name);
      return tell(name, what, fmt::format("version {} wanted {}", application.spec.version, by), false);
    }
    auto& record = found->second;
    const bool was_unreadable = unreadable_.contains(name);
    const bool spec_changed = was_unreadable || record.application.spec != application.spec;
    const bool same = !spec_changed && record.application == application && record.problem.empty() &&
                      !record.orphaned && record.file == file;
    if (same) return;
    const auto was = record;
    const auto& before = was.application.spec.version;
    record.application = application;
    // Without it nobody looks, and what was seen before says nothing any more.
    if (!application.spec.restart_on_change) {
      record.values.known = false;
      record.values.fingerprints.clear();
      record.values.problem.clear();
    }
    record.file = file;
    record.orphaned = false;
    record.problem.clear();
    touch(name);
    if (was_unreadable) result_.saved_again.insert(name);
    if (was_unreadable) record.deleting = false;
    if (record.uid.empty()) record.uid = make_uid(name, now_);
    if (spec_changed) record.generation += 1;
    if (spec_changed) record.spec_by = asked_by;
    // A file that is in order again, but says what it did before, asks for nothing.
    const bool asked = record.application != was.application || was.orphaned || was.file != file;
    if (asked) note(who, "update", &was, &record);
    if (!spec_changed) return;
    if (was_unreadable) {
      return tell(name, what,
                  fmt::format("saved again {}: version {} is in force (generation {})", by, application.spec.version,
                              record.generation),
                  false);
    }
    tell(name, what,
         before == application.spec.version ? fmt::format("spec changed {} (generation {})", by, record.generation)
                                            : fmt::format("version {} → {} {} (generation {})", before,
                                                          application.spec.version, by, record.generation),
         false);
  }

  records::ApplicationRecord& record(const std::string& name) { return records_.at(name); }
  void touch(const std::string& name) {
    if (std::ranges::find(touched_, name) == touched_.end()) touched_.push_back(name);
  }
  void tell(const std::string& name, spec::Reason reason, std::string message, bool warning) {
    result_.events.push_back(event(name, std::move(reason), std::move(message), warning, now_));
  }

  void note(const records::Requester& who, const char* action, const records::ApplicationRecord* before,
            const records::ApplicationRecord* after) {
    result_.audit.push_back(records::audit_entry(who, action, before, after, now_));
  }

  Admission finish() {
    for (const auto& name : touched_) result_.changed.push_back(records_.at(name));
    return std::move(result_);
  }

  // "teal-{application}-{unit}-r…": two applications must not build the same container name.
  [[nodiscard]] std::optional<std::string> name_clash(const spec::Application& application) const {
    for (const auto& unit : unit_names(application.spec)) {
      const auto stem = application.name + "-" + unit;
      for (const auto& [name, record] : records_) {
        if (name == application.name) continue;
        for (const auto& other : unit_names(record.application.spec)) {
          if (name + "-" + other != stem) continue;
          return fmt::format("its containers would be named as those of application {} ({} and {}-{}): rename one",
                             name, stem, name, other);
        }
      }
    }
    return std::nullopt;
  }

 private:
  // Whose an application was that cannot be read may not be known.
  [[nodiscard]] bool may_own(const records::ApplicationRecord& record, const std::string& path) const {
    const bool nobody_knows = record.file.empty() && unreadable_.contains(record.application.name);
    return record.file == path || record.orphaned || nobody_knows;
  }

  void own(const std::string& name, const std::string& path) {
    auto& record = records_.at(name);
    if (record.file == path && !record.orphaned) return;
    record.file = path;
    record.orphaned = false;
    touch(name);
  }

  static std::vector<std::string> unit_names(const spec::ApplicationSpec& spec) {
    std::vector<std::string> names;
    for (const auto& component : spec.components) names.push_back(component.name);
    for (const auto* job : spec::jobs_and_hooks(spec)) names.push_back(job->name);
    return names;
  }

  bool check_names(const std::string& path, const spec::Application& application) {
    const auto clash = name_clash(application);
    if (clash) refused(path, fmt::format("{}: {}", path, *clash));
    return !clash;
  }

  // A file that now names another application does not own the one before any more.
  void renamed(const std::string& path, const std::string& name) {
    for (auto& [other, record] : records_) {
      if (other == name || record.file != path || record.orphaned) continue;
      record.orphaned = true;
      touch(other);
      tell(other, spec::Reason::Orphaned,
           fmt::format("{} now defines {}; this application runs on until `teal delete {}`", path, name, other), true);
      note(records::manifest_file(path), "orphan", &record, &record);
    }
  }

  Applications records_;
  Time now_;
  const Unreadable& unreadable_;
  Admission result_;
  std::vector<std::string> touched_;
};

std::string first_lines(const std::vector<spec::Diagnostic>& diagnostics) {
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t i = 0; i < diagnostics.size() && i < shown; ++i) {
    if (i > 0) text += "; ";
    text += to_string(diagnostics[i]);
  }
  if (diagnostics.size() > shown) text += fmt::format("; and {} more", diagnostics.size() - shown);
  return text;
}

}  // namespace

Admission admit_files(const Applications& known, const std::vector<ManifestState>& files, bool complete, Time now,
                      const Unreadable& unreadable) {
  Admitter admitter{known, now, unreadable};
  // Those that are gone first, so that a renamed file finds its application free.
  for (const auto& file : files) {
    if (!file.exists) admitter.gone(file.path);
  }
  if (complete) {
    for (const auto& [name, record] : known) {
      const bool there = std::ranges::any_of(files, [&](const ManifestState& one) { return one.path == record.file; });
      if (!record.file.empty() && !there) admitter.gone(record.file);
    }
  }
  for (const auto& file : files) {
    if (!file.exists) continue;
    if (!file.problem.empty()) {
      admitter.refused(file.path, fmt::format("{}: {}", file.path, file.problem));
      continue;
    }
    const auto parsed = yaml::parse_manifest(file.text, file.path);
    if (parsed.application) {
      admitter.accepted(file.path, *parsed.application, !complete);
    } else {
      admitter.refused(file.path, first_lines(parsed.diagnostics));
    }
  }
  return admitter.finish();
}

Result<Admission> admit_request(const Applications& known, const spec::Application& application,
                                const records::Requester& by, Time now, const Unreadable& unreadable) {
  const auto found = known.find(application.name);
  if (found != known.end() && !found->second.file.empty() && !found->second.orphaned) {
    return Error{ErrorCode::conflict, fmt::format("application {} is owned by the manifest file {}: edit that file",
                                                  application.name, found->second.file)};
  }
  if (found != known.end() && found->second.deleting && !unreadable.contains(application.name)) {
    return Error{ErrorCode::conflict, fmt::format("application {} is being deleted", application.name)};
  }
  Admitter admitter{known, now, unreadable};
  if (const auto clash = admitter.name_clash(application)) return Error{ErrorCode::conflict, *clash};
  admitter.put(application, "", found == known.end() ? spec::Reason::Created : spec::Reason::Updated, by);
  return admitter.finish();
}

Result<Admission> admit_deletion(const Applications& known, const std::string& name, const records::Requester& by,
                                 Time now, const Unreadable& unreadable) {
  const auto found = known.find(name);
  if (found == known.end()) return Error{ErrorCode::not_found, fmt::format("there is no application {}", name)};
  if (!found->second.file.empty() && !found->second.orphaned) {
    return Error{ErrorCode::conflict,
                 fmt::format("application {} is owned by the manifest file {}: remove that file first", name,
                             found->second.file)};
  }
  if (unreadable.contains(name)) {
    return Error{ErrorCode::conflict,
                 fmt::format("what is on record of application {} cannot be read, so what belongs to it is not known: "
                             "apply its manifest first, then delete it",
                             name)};
  }
  Admitter admitter{known, now, unreadable};
  if (!found->second.deleting) {
    admitter.record(name).deleting = true;
    admitter.touch(name);
    admitter.tell(name, spec::Reason::Deleting, "deletion asked for by " + to_string(by), false);
    admitter.note(by, "delete", &admitter.record(name), nullptr);
  }
  return admitter.finish();
}

}  // namespace teal::admission
