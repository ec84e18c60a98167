// Requests that go through the fake, and what becomes of them when it is reloaded or restarted.
#include <algorithm>

#include "tests/support/fake_load_balancer.hpp"

namespace teal::test {

int FakeLoadBalancer::open_session(const std::string& backend, std::optional<Duration> lasts) {
  settle();
  Session session;
  session.backend = backend;
  session.state = SessionState::Refused;
  auto& pool = backends_.at(backend);
  for (std::size_t i = 0; i < pool.servers.size(); ++i) {
    const auto& stored = pool.servers[pool.turn++ % pool.servers.size()];
    if (!takes_traffic(stored)) continue;
    session.server = stored.name;
    session.address = stored.address;
    session.state = SessionState::Running;
    if (lasts) session.ends_at = clock_.now() + *lasts;
    running_.push_back(sessions_.size());
    changed();
    break;
  }
  sessions_.push_back(std::move(session));
  return static_cast<int>(sessions_.size()) - 1;
}

void FakeLoadBalancer::finish(int session) {
  settle();
  auto& state = sessions_.at(static_cast<std::size_t>(session)).state;
  if (state == SessionState::Running) state = SessionState::Finished;
  changed();
}

const FakeLoadBalancer::Session& FakeLoadBalancer::session(int number) {
  settle();
  return sessions_.at(static_cast<std::size_t>(number));
}

int FakeLoadBalancer::sessions_of(const std::string& backend, const std::string& name, bool out_of_sight) const {
  return static_cast<int>(std::ranges::count_if(running_, [&](std::size_t number) {
    const auto& session = sessions_[number];
    return session.state == SessionState::Running && session.out_of_sight == out_of_sight &&
           session.backend == backend && session.server == name;
  }));
}

void FakeLoadBalancer::reload() {
  settle();
  for (auto& [name, backend] : backends_) backend = {};
  // A server that is added again under the same name has none of the old process's sessions.
  for (auto& session : sessions_) session.out_of_sight = true;
  replaced_at_ = clock_.now();
  changed();
}

world::Leftover FakeLoadBalancer::leftover(const std::string& backend) const {
  world::Leftover leftover;
  if (!sees_old_processes_) {
    leftover.uncounted_before = replaced_at_;
    if (replaced_at_) leftover.why = "it was reloaded or restarted, and its old processes are not seen";
    return leftover;
  }
  const auto pool = backends_.find(backend);
  for (const auto number : running_) {
    const auto& session = sessions_[number];
    if (session.state != SessionState::Running || !session.out_of_sight || session.backend != backend) continue;
    const bool is_listed = pool != backends_.end() && std::ranges::find(pool->second.servers, session.server,
                                                                        &Stored::name) != pool->second.servers.end();
    if (!is_listed) ++leftover.sessions[session.server];
  }
  return leftover;
}

void FakeLoadBalancer::restart() {
  reload();
  for (const auto number : running_) sessions_[number].state = SessionState::Cut;
  running_.clear();
}

}  // namespace teal::test
