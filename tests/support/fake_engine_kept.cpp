// What the fake keeps of its containers, as a driver does that goes by its engine's events.
#include "tests/support/fake_engine.hpp"

namespace teal::test {

using boost::asio::awaitable;

world::Container FakeEngine::shown(const Stored& stored) const {
  auto container = stored.seen;
  container.exit_witnessed = stored.die_event && stored.die_event->second == container.exit_code;
  if (!stored.kill_events.empty()) container.signalled_at = stored.kill_events.back();
  return container;
}

void FakeEngine::keep(const std::string& name) {
  if (!keeps_) return;
  const auto found = containers_.find(name);
  if (found == containers_.end()) {
    kept_.erase(name);
  } else {
    kept_[name] = shown(found->second);
  }
}

void FakeEngine::keep_what_has(const std::string& id) {
  if (const auto* stored = by_id(id)) keep(stored->seen.name);
}

void FakeEngine::tell(const std::string& name) {
  settle();
  keep(name);
}

awaitable<Result<std::vector<world::Container>>> FakeEngine::kept(std::string application) {
  if (!keeps_ || (!listed_.contains(application) && !listed_.contains(""))) co_return co_await list(application);
  std::vector<world::Container> found;
  for (const auto& [name, container] : kept_) {
    if (application.empty() || container.application == application) found.push_back(container);
  }
  co_return found;
}

}  // namespace teal::test
