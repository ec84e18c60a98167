#include "controllers/admission/admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "controllers/admission/admitter.hpp"

namespace teal::admission {
namespace {

// A request is refused with these words; it may be made again, so nobody keeps it.
Result<void> check_request(const Register& known, const spec::Application& application, const Unreadable& unreadable) {
  const auto found = known.find(application.name);
  if (found && !found->file.empty() && !found->orphaned) {
    return Error{ErrorCode::conflict, fmt::format("application {} is owned by the manifest file {}: edit that file",
                                                  application.name, found->file)};
  }
  if (found && found->deleting && !unreadable.contains(application.name)) {
    return Error{ErrorCode::conflict, fmt::format("application {} is being deleted", application.name)};
  }
  if (auto adopts = check_adoption(known, application); !adopts) return adopts;
  return check_exclusive_resources(known, application);
}

}  // namespace

Files::Files(std::vector<Manifest> manifests, bool complete) : manifests_(std::move(manifests)), complete_(complete) {
  std::erase_if(manifests_, [this](const Manifest& manifest) {
    if (!manifest.exists) gone_.insert(manifest.path);
    return !manifest.exists;
  });
}

std::optional<Admission> Files::next(const Register& known, Time now, const Unreadable& unreadable, std::size_t most) {
  if (ended_) return std::nullopt;
  if (complete_ && !begun_) {
    gone_.merge(known.files());
    gone_.merge(known.refused());
    for (const auto& manifest : manifests_) gone_.erase(manifest.path);
  }
  begun_ = true;
  Admitter admitter{known, now, unreadable};
  admitter.gone(gone_);
  const auto end = std::min(judged_ + std::max<std::size_t>(most, 1), manifests_.size());
  for (; judged_ < end; ++judged_) {
    admitter.judge(manifests_[judged_], !complete_);
    manifests_[judged_].application.reset();  // its record has it: thousands are not held twice
  }
  ended_ = judged_ == manifests_.size();
  if (ended_) admitter.settle();
  return admitter.finish();
}

Result<void> check_exclusive_resources(const Register& known, const spec::Application& application) {
  const auto clash = known.clash(application);
  if (!clash) return Result<void>{};
  return Error{ErrorCode::conflict, rules::belongs_to(clash->what, clash->holder)};
}

Result<void> check_adoption(const Register& known, const spec::Application& application) {
  const auto& adopt = application.spec.adopt;
  const auto found = known.find(application.name);
  if (!adopt || !found || !known.serves(application.name)) return {};
  // Whether they are stopped may still be decided.
  const auto& before = found->application.spec.adopt;
  if (before && before->containers == adopt->containers && before->servers == adopt->servers) return {};
  return Error{ErrorCode::conflict,
               fmt::format("spec.adopt: it is for a first installation, and {} serves already: take it out, and what "
                           "else still runs out of traffic by hand",
                           application.name)};
}

Result<void> check_places(const spec::Application& application, const rules::Places& places) {
  std::string problems;
  for (const auto& problem : rules::place_problems(application, places))
    problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", problem.path, problem.message);
  if (problems.empty()) return {};
  return Error{ErrorCode::invalid, std::move(problems)};
}

Result<Admission> admit_request(const Register& known, const spec::Application& application,
                                const records::Requester& by, Time now, const Unreadable& unreadable) {
  if (auto allowed = check_request(known, application, unreadable); !allowed) return allowed.error();
  Admitter admitter{known, now, unreadable};
  admitter.put(application, "", by);
  admitter.settle();
  return admitter.finish();
}

Result<Admission> admit_deletion(const Register& known, const std::string& name, const records::Requester& by, Time now,
                                 const Unreadable& unreadable) {
  const auto found = known.find(name);
  if (!found) return Error{ErrorCode::not_found, fmt::format("there is no application {}", name)};
  if (!found->file.empty() && !found->orphaned) {
    return Error{
        ErrorCode::conflict,
        fmt::format("application {} is owned by the manifest file {}: remove that file first", name, found->file)};
  }
  if (unreadable.contains(name)) {
    return Error{ErrorCode::conflict,
                 fmt::format("what is on record of application {} cannot be read, so what belongs to it is not known: "
                             "apply its manifest first, then delete it",
                             name)};
  }
  Admitter admitter{known, now, unreadable};
  admitter.mark_deleting(name, by);
  admitter.settle();
  return admitter.finish();
}

}  // namespace teal::admission
