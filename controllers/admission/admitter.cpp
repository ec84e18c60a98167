#include "controllers/admission/admitter.hpp"

#include <fmt/format.h>

#include <utility>

namespace teal::admission {
namespace {

using records::ApplicationRecord;
using spec::Reason;

// Unique over the lives of one name: it is made of the moment of creation.
std::string make_uid(const std::string& name, Time now) {
  return fmt::format("{}-{:x}", name, now.time_since_epoch().count());
}

// Who it is that wants something, as it is shown.
std::string asked_by(const std::string& file, const records::Requester& who) {
  return file.empty() ? to_string(who) : who.name;
}

std::string is_owned(const std::string& path, const ApplicationRecord& record) {
  const auto& name = record.application.name;
  if (record.file.empty()) {
    return fmt::format(
        "{}: application {} is owned by the API already: this file is in force once `teal delete {}` "
        "has removed it",
        path, name, name);
  }
  return fmt::format("{}: application {} is owned by {} already: this file is in force once that one is gone", path,
                     name, record.file);
}

}  // namespace

void Admitter::judge(const Manifest& manifest, bool saved) {
  if (!manifest.application) return refuse(manifest, saved, manifest.problem, {});
  const auto& path = manifest.path;
  const auto& name = manifest.application->name;
  give_up(path, name);
  const auto found = register_.find(name);
  if (found && !may_own(*found, path)) return refuse(manifest, saved, is_owned(path, *found), {name});
  if (found && found->deleting && !unreadable_.contains(name)) {
    const auto problem =
        fmt::format("{}: application {} is being deleted: this file is in force once that is done", path, name);
    return refuse(manifest, saved, problem, {name});
  }
  if (const auto adopts = check_adoption(register_, *manifest.application); !adopts)
    return refuse(manifest, saved, fmt::format("{}: {}", path, adopts.error().message), {name});
  if (const auto clash = register_.clash(*manifest.application)) {
    return refuse(manifest, saved, fmt::format("{}: {}", path, rules::belongs_to(clash->what, clash->holder)),
                  {clash->holder});
  }
  accept(manifest, saved);
}

// Whose an application was that cannot be read may not be known.
bool Admitter::may_own(const ApplicationRecord& record, const std::string& path) const {
  const bool nobody_knows = record.file.empty() && unreadable_.contains(record.application.name);
  const bool is_gone = gone_ != nullptr && gone_->contains(record.file);
  return record.file == path || record.orphaned || nobody_knows || is_gone;
}

// The applications whose newest manifest it is. One that says nothing may be that of any which it was the last to
// define.
std::set<std::string> Admitter::refused_ones(const Manifest& manifest) const {
  auto names = register_.of_file(manifest.path);
  if (manifest.application) {
    const bool is_its = names.contains(manifest.application->name);
    return is_its ? std::set{manifest.application->name} : std::set<std::string>{};
  }
  std::set<std::string> owned;
  for (const auto& name : names) {
    if (!register_.find(name)->orphaned) owned.insert(name);
  }
  return owned.empty() ? names : owned;
}

void Admitter::refuse(const Manifest& manifest, bool saved, const std::string& problem,
                      std::set<std::string> because_of) {
  result_.problems.push_back(problem);
  const auto names = refused_ones(manifest);
  for (const auto& name : names) {
    auto record = *register_.find(name);
    if (record.problem == problem && !record.orphaned) continue;
    record.problem = problem;
    record.orphaned = false;
    keep(std::move(record));
    tell(name, Reason::ManifestRefused, problem + "; the spec before stays in force", true);
  }
  const auto before = register_.refusal(manifest.path);
  if (names.empty() && (!before || before->problem != problem)) tell("", Reason::ManifestRefused, problem, true);
  register_.refuse({manifest, saved, problem, std::move(because_of)});
}

void Admitter::accept(const Manifest& manifest, bool saved) {
  const auto& path = manifest.path;
  const auto& application = *manifest.application;
  const auto before = register_.find(application.name);
  const bool was_told_apart = !before || before->problem.empty();
  if (register_.refusal(path)) {
    if (was_told_apart) {
      tell("", Reason::Accepted,
           fmt::format("{}: is in order again: application {} version {}", path, application.name,
                       application.spec.version),
           false);
    }
    register_.accept(path);
  }
  if (!saved && unreadable_.contains(application.name)) return own(application.name, path);
  put(application, path, records::manifest_file(path));
}

void Admitter::own(const std::string& name, const std::string& path) {
  auto record = *register_.find(name);
  if (record.file == path && !record.orphaned) return;
  tell_mended(record, path);
  record.file = path;
  record.orphaned = false;
  keep(std::move(record));
}

// A file that now names another application does not own the one before any more.
void Admitter::give_up(const std::string& path, const std::string& name) {
  for (const auto& other : register_.of_file(path)) {
    const auto record = register_.find(other);
    if (other == name || record->orphaned) continue;
    orphan(*record,
           fmt::format("{} now defines {}; this application runs on until `teal delete {}`", path, name, other));
  }
}

void Admitter::orphan(ApplicationRecord record, std::string message) {
  record.orphaned = true;
  record.problem.clear();
  tell(record.application.name, Reason::Orphaned, std::move(message), true);
  note(records::manifest_file(record.file), "orphan", &record, &record);
  keep(std::move(record));
}

void Admitter::create(const spec::Application& application, const std::string& file, const records::Requester& who) {
  ApplicationRecord record;
  record.application = application;
  record.uid = make_uid(application.name, now_);
  record.file = file;
  record.created_at = now_;
  record.spec_by = asked_by(file, who);
  note(who, "create", nullptr, &record);
  tell(application.name, Reason::Created,
       fmt::format("version {} wanted by {}", application.spec.version, record.spec_by), false);
  keep(std::move(record));
}

void Admitter::put(const spec::Application& application, const std::string& file, const records::Requester& who) {
  const auto& name = application.name;
  const auto found = register_.find(name);
  if (!found) return create(application, file, who);
  const auto& was = *found;
  const bool was_unreadable = unreadable_.contains(name);
  const bool spec_changed = was_unreadable || was.application.spec != application.spec;
  const bool same =
      !spec_changed && was.application == application && was.problem.empty() && !was.orphaned && was.file == file;
  if (same) return;
  auto record = was;
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
  if (was_unreadable) result_.saved_again.insert(name);
  if (was_unreadable) record.deleting = false;
  if (record.uid.empty()) record.uid = make_uid(name, now_);
  if (spec_changed) record.generation += 1;
  if (spec_changed) record.spec_by = asked_by(file, who);
  // A file that is in order again, but says what it did before, asks for nothing.
  const bool asked = record.application != was.application || was.orphaned || was.file != file;
  if (asked) note(who, "update", &was, &record);
  tell_mended(was, file);
  if (spec_changed) tell_spec(was, record);
  keep(std::move(record));
}

// The newest event must not stay the bad one.
void Admitter::tell_mended(const ApplicationRecord& was, const std::string& file) {
  const auto& name = was.application.name;
  if (was.orphaned && file.empty()) {
    tell(name, Reason::Accepted, "it belongs to the API from now on", false);
  } else if (was.orphaned) {
    tell(name, Reason::Accepted,
         was.file == file ? fmt::format("its manifest {} is back", file)
                          : fmt::format("{} defines it from now on, in the place of {}", file, was.file),
         false);
  } else if (!was.problem.empty()) {
    tell(name, Reason::Accepted, fmt::format("{} is in order again", file.empty() ? was.file : file), false);
  }
}

void Admitter::tell_spec(const ApplicationRecord& was, const ApplicationRecord& record) {
  const auto& name = record.application.name;
  const auto& version = record.application.spec.version;
  const auto& before = was.application.spec.version;
  const auto by = "by " + record.spec_by;
  if (unreadable_.contains(name)) {
    return tell(name, Reason::Updated,
                fmt::format("saved again {}: version {} is in force (generation {})", by, version, record.generation),
                false);
  }
  tell(name, Reason::Updated,
       before == version ? fmt::format("spec changed {} (generation {})", by, record.generation)
                         : fmt::format("version {} → {} {} (generation {})", before, version, by, record.generation),
       false);
}

void Admitter::mark_deleting(const std::string& name, const records::Requester& by) {
  auto record = *register_.find(name);
  if (record.deleting) return;
  record.deleting = true;
  tell(name, Reason::Deleting, "deletion asked for by " + to_string(by), false);
  note(by, "delete", &record, nullptr);
  keep(std::move(record));
}

void Admitter::settle() {
  const auto gone = gone_ == nullptr ? std::set<std::string>{} : *gone_;
  for (const auto& path : gone) {
    if (!register_.refusal(path)) continue;
    if (register_.of_file(path).empty()) {
      tell("", Reason::ManifestRemoved, fmt::format("{}: is gone; it was refused, so nothing of it was in force", path),
           false);
    }
    register_.accept(path);
  }
  // Before anything is left behind: a file that was refused may have waited for just that.
  for (const auto& path : gone) {
    for (const auto& name : register_.of_file(path)) register_.wake_waiting_for(name);
  }
  judge_due();
  for (const auto& path : gone) {
    for (const auto& name : register_.of_file(path)) {
      const auto record = register_.find(name);
      if (record->orphaned) continue;
      orphan(*record,
             fmt::format("its manifest {} is gone; it runs on until the file is back or `teal delete {}`", path, name));
    }
  }
  judge_due();
}

void Admitter::judge_due() {
  for (auto due = register_.due(); !due.empty(); due = register_.due()) {
    const auto refusal = register_.refusal(*due.begin());
    judge(refusal->manifest, refusal->saved);
  }
}

Admission Admitter::finish() {
  for (const auto& name : touched_) result_.changed.push_back(*register_.find(name));
  result_.refusals = register_.refusals();
  return std::move(result_);
}

void Admitter::keep(ApplicationRecord record) {
  const auto& name = record.application.name;
  if (is_touched_.insert(name).second) touched_.push_back(name);
  register_.put(std::make_shared<const ApplicationRecord>(std::move(record)));
}

void Admitter::tell(const std::string& name, Reason reason, std::string message, bool warning) {
  records::Event event;
  event.time = now_;
  event.warning = warning;
  event.reason = std::move(reason);
  event.message = std::move(message);
  event.application = name;
  event.object = name.empty() ? "Manifest" : "Application/" + name;
  result_.events.push_back(std::move(event));
}

void Admitter::note(const records::Requester& who, const char* action, const ApplicationRecord* before,
                    const ApplicationRecord* after) {
  result_.audit.push_back(records::audit_entry(who, action, before, after, now_));
}

}  // namespace teal::admission
