#include "daemon/parts.hpp"

#include "daemon/drivers/notifications/notifier.hpp"
#include "daemon/runtime/measured_store.hpp"
#include "daemon/runtime/owner_claim.hpp"

namespace teal::daemon {

using boost::asio::awaitable;

namespace {

// What a driver made for a part that teald.yaml does not have to have: nothing stays nothing.
template <class Made>
Result<void> make_if_wanted(const drivers::Make<Made>& make, drivers::DriverContext context, Made& out) {
  if (!make) return {};
  auto made = make(std::move(context));
  if (!made) return made.error();
  out = std::move(*made);
  return {};
}

}  // namespace

Parts::Parts(const config::DaemonConfig& config, PartsWorld world) : config_(config), world_(std::move(world)) {}

Parts::~Parts() = default;

awaitable<Result<void>> Parts::open() {
  if (auto made = make_if_wanted(config_.secrets, context(), secrets_); !made) co_return made;
  ports_.secrets = secrets_.port.get();
  if (auto opened = co_await open_store(); !opened) co_return opened;
  if (auto made = make_if_wanted(config_.registry, context(), registry_); !made) co_return made;
  ports_.registry = registry_.port.get();
  if (auto made = make_optional_parts(); !made) co_return made;
  if (auto made = make_engines(); !made) co_return made;
  if (auto made = make_load_balancers(); !made) co_return made;
  if (auto made = make_notifier(); !made) co_return made;
  ports_.clock = world_.clock;
  ports_.telemetry = world_.telemetry;
  ports_.log_bytes = static_cast<std::size_t>(config_.logs.max_entry);
  add_tasks("secrets", std::move(secrets_.tasks));
  add_tasks("store", std::move(store_.tasks));
  add_tasks("registries", std::move(registry_.tasks));
  add_tasks("analysis", std::move(analyst_.tasks));
  add_tasks("databases", std::move(database_.tasks));
  add_tasks("tracing", std::move(tracer_.tasks));
  co_return Result<void>{};
}

awaitable<Result<void>> Parts::open_store() {
  auto store = co_await config_.store.open(context(), config_.logs);
  if (!store) co_return store.error();
  store_ = std::move(*store);
  store_.port = runtime::measure_store(std::move(store_.port), *world_.telemetry);
  ports_.store = store_.port.get();
  auto owner = co_await ports_.store->owner();
  if (!owner) co_return within("store", owner.error());
  owner_ = std::move(*owner);
  if (!claim_owner(owner_)) {
    co_return Error{ErrorCode::conflict,
                    "store: another teald on this machine works with a copy of this store, under the same owner id (" +
                        owner_ + "): stop that one, or start this one with a store of its own"};
  }
  ports_.claim_owner = [this](const std::string& other) { return claim_owner(other); };
  co_return Result<void>{};
}

// False only where another process has it. Where nothing can be said, nothing forbids it.
bool Parts::claim_owner(const std::string& owner) {
  if (claims_.contains(owner)) return true;
  auto claim = runtime::claim_owner(owner);
  if (!claim) return claim.error().code != ErrorCode::conflict;
  claims_.emplace(owner, std::move(*claim));
  return true;
}

Result<void> Parts::make_optional_parts() {
  if (auto made = make_if_wanted(config_.analyst, context(), analyst_); !made) return made;
  ports_.analyst = analyst_.port.get();
  if (auto made = make_if_wanted<drivers::TracerPart>(config_.tracer, context(), tracer_); !made) return made;
  ports_.tracer = tracer_.port.get();
  if (auto made = make_if_wanted(config_.database, context(), database_); !made) return made;
  ports_.database = database_.port.get();
  return {};
}

Result<void> Parts::make_engines() {
  for (const auto& engine : config_.engines) {
    auto part = engine.make(context("engine " + engine.name));
    if (!part) return part.error();
    ports_.engines[engine.name] = part->port.get();
    ports_.concurrency[engine.name] = engine.concurrency;
    engines_.push_back(std::move(part->port));
    add_tasks("events of engine " + engine.name, std::move(part->tasks));
  }
  ports_.default_engine = config_.engines.front().name;
  return {};
}

Result<void> Parts::make_load_balancers() {
  for (const auto& balancer : config_.load_balancers) {
    auto its_context = context("load balancer " + balancer.name);
    its_context.name = balancer.name;
    auto part = balancer.make.make(std::move(its_context));
    if (!part) return part.error();
    ports_.load_balancers[balancer.name] = {part->port.get(), part->traffic_url, balancer.probes_per_second};
    load_balancers_.push_back(std::move(part->port));
    add_tasks("watch of load balancer " + balancer.name, std::move(part->tasks));
  }
  return {};
}

Result<void> Parts::make_notifier() {
  std::vector<notifications::Subscription> subscriptions;
  for (const auto& notification : config_.notifications) {
    auto part = notification.make(context());
    if (!part) return part.error();
    subscriptions.push_back({std::move(part->port), {notification.on.begin(), notification.on.end()}});
    add_tasks("notifications", std::move(part->tasks));
  }
  notifications::NotifierPorts ports;
  ports.store = ports_.store;
  ports.clock = world_.clock;
  ports.telemetry = world_.telemetry;
  ports.told = world_.told;
  notifier_ = std::make_unique<notifications::Notifier>(world_.executor, std::move(ports), std::move(subscriptions));
  add_tasks("notifications", notifier_->tasks());
  return {};
}

awaitable<void> Parts::flush(Duration limit) {
  if (tracer_.flush) co_await tracer_.flush(limit);
}

drivers::DriverContext Parts::context(const std::string& what) {
  drivers::DriverContext context;
  context.executor = world_.executor;
  context.owner = owner_;
  context.clock = world_.clock;
  context.telemetry = world_.telemetry;
  context.secrets = ports_.secrets;
  context.registry = ports_.registry;
  context.files = world_.files;
  context.threads = [this](std::size_t threads) -> runtime::BlockingPool& { return pools_.emplace_back(threads); };
  context.changed = world_.changed;
  context.answers = [this, what](bool up, const std::string& why) { world_.answers(what, up, why); };
  context.warn = world_.warn;
  return context;
}

void Parts::add_tasks(const std::string& name, drivers::Tasks tasks) {
  for (auto& task : tasks) tasks_.push_back({name, std::move(task)});
}

}  // namespace teal::daemon
