// Containers with our labels that are not ours.
#include <fmt/format.h>

#include "tests/support/fake_engine.hpp"

namespace teal::test {

void FakeEngine::rename(const std::string& name, const std::string& other) {
  copy(name, other);
  auto& [stranger, stored] = strange_.back();
  stranger.id = stored.seen.id = containers_.at(name).seen.id;
  containers_.erase(name);
}

void FakeEngine::copy(const std::string& name, const std::string& other) {
  ++changes_;
  auto stored = containers_.at(name);
  stored.seen.id = fmt::format("{:064x}", next_id_++);
  stored.seen.name = other;
  world::Stranger stranger{stored.seen.id, other, name, "fake remove " + other};
  strange_.emplace_back(std::move(stranger), std::move(stored));
}

std::map<std::string, std::vector<world::Container>> FakeEngine::of_others(const std::string& application) const {
  std::map<std::string, std::vector<world::Container>> found;
  for (const auto& [name, owner] : owned_by_) {
    const auto stored = containers_.find(name);
    if (stored == containers_.end()) continue;
    if (application.empty() || stored->second.seen.application == application)
      found[owner].push_back(stored->second.seen);
  }
  return found;
}

std::vector<world::Stranger> FakeEngine::strangers(const std::string& application) const {
  std::vector<world::Stranger> found;
  for (const auto& [stranger, stored] : strange_) {
    if (application.empty() || stored.seen.application == application) found.push_back(stranger);
  }
  return found;
}

}  // namespace teal::test
