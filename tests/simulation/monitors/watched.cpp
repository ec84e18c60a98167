#include "tests/simulation/monitors/watched.hpp"

namespace teal::simulation {

using boost::asio::awaitable;

namespace {

Effect on_container(Effect::Kind kind, const std::string& id) {
  Effect effect;
  effect.kind = kind;
  effect.id = id;
  return effect;
}

}  // namespace

awaitable<Result<std::vector<world::Container>>> WatchedEngine::list(std::string application) {
  return engine_.list(std::move(application));
}

awaitable<Result<world::Image>> WatchedEngine::image(std::string reference) {
  return engine_.image(std::move(reference));
}

awaitable<Result<world::Image>> WatchedEngine::pull(std::string reference) {
  return engine_.pull(std::move(reference));
}

awaitable<Result<std::string>> WatchedEngine::create(ports::ContainerSpec spec) {
  const auto copy = spec;
  Effect effect;
  effect.kind = Effect::Kind::Create;
  effect.name = spec.name;
  effect.spec = &copy;
  monitors_.before(effect);
  auto id = co_await engine_.create(std::move(spec));
  if (id) monitors_.after(effect);
  co_return id;
}

awaitable<Result<void>> WatchedEngine::start(std::string id) {
  const auto effect = on_container(Effect::Kind::Start, id);
  monitors_.before(effect);
  auto done = co_await engine_.start(std::move(id));
  monitors_.after(effect);
  co_return done;
}

awaitable<Result<void>> WatchedEngine::stop(std::string id, std::string signal) {
  auto effect = on_container(Effect::Kind::Signal, id);
  effect.signal = signal;
  monitors_.before(effect);
  auto done = co_await engine_.stop(std::move(id), std::move(signal));
  monitors_.after(effect);
  co_return done;
}

awaitable<Result<void>> WatchedEngine::remove(std::string id) {
  const auto effect = on_container(Effect::Kind::Remove, id);
  monitors_.before(effect);
  auto done = co_await engine_.remove(std::move(id));
  monitors_.after(effect);
  co_return done;
}

awaitable<Result<std::string>> WatchedEngine::logs(std::string id, std::size_t max_bytes) {
  return engine_.logs(std::move(id), max_bytes);
}

awaitable<Result<ports::Exposure>> WatchedEngine::exposure(std::string id) { return engine_.exposure(std::move(id)); }
awaitable<Result<ports::Exposure>> WatchedEngine::image_exposure(std::string image_id) {
  return engine_.image_exposure(std::move(image_id));
}

Effect WatchedBalancer::effect(Effect::Kind kind, const std::string& backend, const std::string& name) const {
  Effect made;
  made.kind = kind;
  made.name = name;
  made.load_balancer = name_;
  made.backend = backend;
  return made;
}

awaitable<Result<std::vector<world::Server>>> WatchedBalancer::servers(std::string backend) {
  return balancer_.servers(std::move(backend));
}

awaitable<Result<void>> WatchedBalancer::attach(std::string backend, ports::ServerSpec spec) {
  const auto what = effect(Effect::Kind::AttachServer, backend, spec.name);
  monitors_.before(what);
  auto done = co_await balancer_.attach(std::move(backend), std::move(spec));
  if (done) monitors_.after(what);
  co_return done;
}

awaitable<Result<void>> WatchedBalancer::admit(std::string backend, std::string name) {
  const auto what = effect(Effect::Kind::AdmitServer, backend, name);
  monitors_.before(what);
  auto done = co_await balancer_.admit(std::move(backend), std::move(name));
  monitors_.after(what);
  co_return done;
}

awaitable<Result<void>> WatchedBalancer::drain(std::string backend, std::string name) {
  const auto what = effect(Effect::Kind::DrainServer, backend, name);
  monitors_.before(what);
  auto done = co_await balancer_.drain(std::move(backend), std::move(name));
  monitors_.after(what);
  co_return done;
}

awaitable<Result<void>> WatchedBalancer::detach(std::string backend, std::string name, bool cut_sessions) {
  auto what = effect(Effect::Kind::DetachServer, backend, name);
  what.cut_sessions = cut_sessions;
  monitors_.before(what);
  auto done = co_await balancer_.detach(std::move(backend), std::move(name), cut_sessions);
  monitors_.after(what);
  co_return done;
}

awaitable<Result<void>> WatchedStore::put_audited(std::vector<records::ApplicationRecord> records,
                                                  ports::CommitEntries entries) {
  std::vector<std::optional<records::ApplicationRecord>> before;
  for (const auto& record : records) {
    const auto* known = store_.application(record.application.name);
    before.push_back(known ? std::optional{*known} : std::nullopt);
  }
  const auto now = records;
  const auto audit = entries.audit;
  auto done = co_await store_.put(std::move(records), std::move(entries));
  for (std::size_t i = 0; done && i < now.size(); ++i) {
    const auto& name = now[i].application.name;
    std::vector<records::AuditEntry> its;
    for (const auto& entry : audit) {
      if (entry.application == name) its.push_back(entry);
    }
    monitors_.audited(before[i] ? &*before[i] : nullptr, now[i], its);
  }
  co_return done;
}

awaitable<Result<void>> WatchedStore::erase(std::string application, ports::CommitEntries entries) {
  look_at(entries);
  auto erased = co_await store_.erase(application, std::move(entries));
  if (erased) monitors_.forgotten(application);
  co_return erased;
}

awaitable<Result<std::uint64_t>> WatchedStore::commit(records::RolloutRecord record, ports::CommitEntries entries) {
  const auto application = record.application;
  look_at(entries);
  const auto audit = entries.audit;
  auto version = co_await store_.commit(std::move(record), std::move(entries));
  if (version) monitors_.audited(audit);
  if (const auto* stored = version ? store_.newest(application) : nullptr) monitors_.committed(*stored);
  co_return version;
}

}  // namespace teal::simulation
