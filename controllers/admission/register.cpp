#include "controllers/admission/register.hpp"

#include <tuple>
#include <utility>

namespace teal::admission {
namespace {

template <class Map, class Key>
std::set<std::string> listed(const Map& map, const Key& key) {
  const auto found = map.find(key);
  return found == map.end() ? std::set<std::string>{} : found->second;
}

template <class Map, class Key>
void unlist(Map& map, const Key& key, const std::string& name) {
  const auto found = map.find(key);
  if (found == map.end()) return;
  found->second.erase(name);
  if (found->second.empty()) map.erase(found);
}

// What is below, but for those of which more is known here.
template <class Map>
void add_below(std::set<std::string>& names, std::set<std::string> below, const Map& here) {
  for (const auto& name : below) {
    if (!here.contains(name)) names.insert(name);
  }
}

}  // namespace

void Register::drop(const std::string& name) {
  const auto found = applications_.find(name);
  if (found == applications_.end()) return;
  for (const auto& one : found->second.belongings) unlist(holders_, one, name);
  for (const auto& one : found->second.in_use) unlist(holders_, one, name);
  if (!found->second.file.empty()) unlist(files_, found->second.file, name);
  found->second = {};
}

const Register::Held* Register::held(const std::string& name) const {
  const auto found = applications_.find(name);
  if (found != applications_.end()) return &found->second;
  return below_ == nullptr ? nullptr : below_->held(name);
}

void Register::put(SharedRecord record) {
  const auto name = record->application.name;
  Held held;
  held.record = std::move(record);
  held.belongings = rules::belongings(held.record->application);
  held.file = held.record->file;
  held.orphaned = held.record->orphaned;
  held.deleting = held.record->deleting;
  const auto matter = [](const Held& one) { return std::tie(one.belongings, one.file, one.orphaned, one.deleting); };
  // Its values, or a label, are nobody else's business.
  const auto* before = this->held(name);
  if (before != nullptr) held.in_use = before->in_use;
  if (before != nullptr) held.serves = before->serves;
  if (before == nullptr || matter(*before) != matter(held)) due_.merge(waiting_for(name));
  list(name, std::move(held));
}

void Register::list(const std::string& name, Held held) {
  drop(name);
  for (const auto& one : held.belongings) holders_[one].insert(name);
  for (const auto& one : held.in_use) holders_[one].insert(name);
  if (!held.file.empty()) files_[held.file].insert(name);
  applications_[name] = std::move(held);
}

bool Register::serves(const std::string& name) const {
  const auto* found = held(name);
  return found != nullptr && found->serves;
}

void Register::uses(const std::string& name, std::vector<rules::ExclusiveResource> in_use, bool serves) {
  const auto* before = held(name);
  if (before == nullptr || !before->record || (before->in_use == in_use && before->serves == serves)) return;
  auto changed = *before;
  changed.in_use = std::move(in_use);
  changed.serves = serves;
  due_.merge(waiting_for(name));
  list(name, std::move(changed));
}

void Register::erase(const std::string& name) {
  due_.merge(waiting_for(name));
  drop(name);
  if (below_ == nullptr) applications_.erase(name);
}

SharedRecord Register::find(const std::string& name) const {
  const auto* found = held(name);
  return found == nullptr ? nullptr : found->record;
}

std::set<std::string> Register::of_file(const std::string& path) const {
  auto names = listed(files_, path);
  if (below_ != nullptr) add_below(names, below_->of_file(path), applications_);
  return names;
}

std::set<std::string> Register::files() const {
  std::set<std::string> paths;
  for (const auto& [path, names] : files_) paths.insert(path);
  if (below_ != nullptr) paths.merge(below_->files());
  return paths;
}

std::set<std::string> Register::holders(const rules::ExclusiveResource& what) const {
  auto names = listed(holders_, what);
  if (below_ != nullptr) add_below(names, below_->holders(what), applications_);
  return names;
}

std::optional<Clash> Register::clash(const spec::Application& application) const {
  for (auto& what : rules::belongings(application)) {
    const auto names = holders(what);
    SharedRecord oldest;
    for (const auto& name : names) {
      auto record = find(name);
      if (!oldest || record->created_at < oldest->created_at) oldest = std::move(record);
    }
    if (!oldest || oldest->application.name == application.name) continue;
    return Clash{std::move(what), oldest->application.name};
  }
  return std::nullopt;
}

void Register::stop_waiting(const std::string& path) {
  due_.erase(path);
  const auto found = refusals_.find(path);
  if (found == refusals_.end() || !found->second) return;
  for (const auto& name : found->second->because_of) unlist(waiting_, name, path);
}

void Register::refuse(Refusal refusal) {
  const auto path = refusal.manifest.path;
  stop_waiting(path);
  for (const auto& name : refusal.because_of) waiting_[name].insert(path);
  refusals_[path] = std::make_shared<const Refusal>(std::move(refusal));
}

void Register::accept(const std::string& path) {
  stop_waiting(path);
  if (below_ == nullptr) {
    refusals_.erase(path);
  } else {
    refusals_[path] = nullptr;
  }
}

SharedRefusal Register::refusal(const std::string& path) const {
  const auto found = refusals_.find(path);
  if (found != refusals_.end()) return found->second;
  return below_ == nullptr ? nullptr : below_->refusal(path);
}

std::set<std::string> Register::refused() const {
  std::set<std::string> paths;
  for (const auto& [path, refusal] : refusals_) {
    if (refusal) paths.insert(path);
  }
  if (below_ != nullptr) add_below(paths, below_->refused(), refusals_);
  return paths;
}

std::set<std::string> Register::waiting_for(const std::string& name) const {
  auto paths = listed(waiting_, name);
  if (below_ != nullptr) add_below(paths, below_->waiting_for(name), refusals_);
  return paths;
}

std::set<std::string> Register::due() const {
  auto paths = due_;
  if (below_ != nullptr) add_below(paths, below_->due(), refusals_);
  return paths;
}

void Register::take(const std::map<std::string, SharedRefusal>& refusals) {
  for (const auto& [path, refusal] : refusals) {
    if (refusal) {
      refuse(*refusal);
    } else {
      accept(path);
    }
  }
}

}  // namespace teal::admission
