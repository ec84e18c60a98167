// What happens to the fake's containers by itself, or is done to them by others than whoever calls it.
#include "tests/support/fake_engine.hpp"

namespace teal::test {

void FakeEngine::end(const std::string& name, int exit_code, bool witnessed, bool out_of_memory) {
  settle();
  const auto found = containers_.find(name);
  if (found == containers_.end() || found->second.seen.state != world::ContainerState::Running) return;
  finish(found->second, clock_.now(), exit_code, witnessed);
  found->second.seen.out_of_memory = out_of_memory;
}

void FakeEngine::end_with_a_lie(const std::string& name, int told, int truth) {
  end(name, told);
  const auto found = containers_.find(name);
  if (found != containers_.end() && found->second.die_event) found->second.die_event->second = truth;
}

void FakeEngine::forget_events() {
  settle();
  ++changes_;
  for (auto& [name, stored] : containers_) {
    stored.die_event.reset();
    stored.kill_events.clear();
  }
}

void FakeEngine::restart() {
  forget_events();
  for (auto& [name, stored] : containers_) {
    if (stored.seen.state == world::ContainerState::Running) finish(stored, clock_.now(), 0, false);
  }
}

}  // namespace teal::test
