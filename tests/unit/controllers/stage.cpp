#include "tests/unit/controllers/stage.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "tests/support/await.hpp"
#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {

using namespace std::chrono_literals;

Gate::Mode Gate::enter(const std::string& what) {
  if (dead_) throw Died{};
  if (!attends_) return Mode::Open;
  ++calls_;
  ++since_;
  if (on_call) on_call(since_);
  if (met_ == plan_.size() || since_ != plan_[met_].second) return Mode::Open;
  since_ = 0;
  what_ += (what_.empty() ? "" : ", then ") + what;
  return plan_[met_++].first;
}

// Probes answer a moment after they are asked for; what one teald has heard is lost with it.
class Stage::Ears final : public ports::Health {
 public:
  explicit Ears(Stage& stage) : stage_(stage) {}

  static constexpr Duration moment = 30ms;

  void watch(const std::string&, std::vector<ports::ProbeTarget> targets) override {
    std::map<std::string, Time> kept;
    for (const auto& target : targets) {
      const auto found = since_.find(target.container_id);
      kept[target.container_id] = found == since_.end() ? stage_.clock.time : found->second;
    }
    since_ = std::move(kept);
  }
  void watch_traffic(const std::string&, std::vector<ports::TrafficTarget> targets) override {
    traffic_ = !targets.empty();
  }

  [[nodiscard]] std::optional<world::HealthView> view(const std::string& id) const override {
    const auto found = since_.find(id);
    if (found == since_.end() || stage_.clock.time < found->second + moment) return std::nullopt;
    world::HealthView view;
    const bool sick = stage_.is_sick(id);
    if (!sick) stage_.passed.insert(id);
    if (!sick) well_once_.insert(id);
    view.successes = sick ? 0 : 2;
    view.failures = sick ? 3 : 0;
    view.ever = well_once_.contains(id);
    view.answer = sick ? stage_.sick_answer : "200";
    return view;
  }
  world::TrafficView take_traffic(const std::string&) override {
    world::TrafficView view;
    if (!traffic_) return view;
    const auto number = stage_.balancer.open_session("shop_api", 0ms);
    view.probes = 1;
    view.failed = stage_.traffic_fails || stage_.balancer.session(number).server.empty() ? 1 : 0;
    failures_ = view.failed > 0 ? failures_ + 1 : 0;
    view.failures = failures_;
    view.successes = failures_ > 0 ? 0 : 1;
    return view;
  }

  [[nodiscard]] std::optional<Time> next_answer() const {
    std::optional<Time> next;
    for (const auto& [id, since] : since_) {
      if (since + moment > stage_.clock.time) next = next ? std::min(*next, since + moment) : since + moment;
    }
    return next;
  }

 private:
  Stage& stage_;
  std::map<std::string, Time> since_;
  mutable std::set<std::string> well_once_;
  bool traffic_ = false;
  int failures_ = 0;
};

namespace {

boost::asio::awaitable<std::string> run_beside(int& count, std::function<std::string()> work) {
  ++count;
  co_return work();
}

}  // namespace

struct Stage::Life {
  explicit Life(Stage& stage)
      : engine(*stage.behind_engine, stage.gate, [&stage](const std::string& id) { stage.note_start(id); }),
        balancer(*stage.behind_balancer, stage.gate),
        store(*stage.behind_store, stage.gate),
        plain_database(stage.database_server, stage.clock),
        database(plain_database, stage.gate),
        secrets(&stage.unreadable) {
    secrets.changed = &stage.changed_secrets;
    secrets.was_read = &stage.secrets_read;
  }

  boost::asio::io_context loop;
  GatedEngine engine;
  GatedBalancer balancer;
  GatedStore store;
  FakeDatabase plain_database;  // its locks go with this teald
  GatedDatabase database;
  PlainSecrets secrets;
  NoTelemetry telemetry;
  status::Board board{1};
  status::Board::Subscription reader;
  std::unique_ptr<FakeAnalyst> analyst;
  std::unique_ptr<reconcile::Reconciler> reconciler;
  bool woken = false;
};

Stage::Stage() {
  application.name = "shop";
  auto& spec = application.spec;
  spec.version = "1";
  spec.image = "shop";
  spec.rollout.bake = 2s;
  spec::Job job;
  job.name = "default";
  job.command = {"./upgrade_schema.sh", "upgrade"};
  job.credentials["DB__PASSWORD"] =
      spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/migration_password", {}};
  spec.migration.jobs = {job};
  spec.migration.idempotent = false;
  spec::Component api;
  api.name = "api";
  api.replicas = 2;
  api.port = 8000;
  api.load_balancer = spec::LoadBalancerUse{"edge", "shop_api", 60s};
  spec::Component worker;
  worker.name = "worker";
  worker.stop.grace = 620s;
  spec.components = {api, worker};
  engine.script([](const ports::ContainerSpec& container) {
    FakeEngine::Behaviour behaviour;
    if (container.role == world::Role::Migrate) behaviour.runs_for = 300ms;
    behaviour.stops_after = 50ms;
    return behaviour;
  });
  for (const auto* version : {"1", "2", "3"}) {
    const std::string reference = std::string{"shop:"} + version;
    engine.add_remote_image(reference, {"id-" + reference, "digest-" + reference});
  }
  balancer.add_backend("shop_api");
}

Stage::~Stage() = default;

bool Stage::is_sick(const std::string& id) {
  for (const auto& [name, stored] : engine.containers()) {
    if (stored.seen.id == id) return sick_images.contains(stored.seen.image_id) || hung.contains(id);
  }
  return true;
}

void Stage::note_start(const std::string& id) {
  for (const auto& [name, stored] : engine.containers()) {
    if (stored.starts > 1) started_twice = true;
    if (stored.seen.id != id || stored.seen.role != world::Role::Migrate || stored.starts == 0) continue;
    if (counted_.insert(id).second) migrations_started[stored.seen.unit + " of " + stored.seen.image_id] += 1;
  }
}

boost::asio::io_context& Stage::loop() { return life_->loop; }

void Stage::start_teald() {
  gate.revive();
  life_.reset();
  ears_ = std::make_unique<Ears>(*this);
  life_ = std::make_unique<Life>(*this);
  ports::Ports ports;
  ports.engines = {{"local", &life_->engine}};
  ports.default_engine = "local";
  if (concurrency) ports.concurrency["local"] = *concurrency;
  ports.load_balancers = {{"edge", {&life_->balancer, "http://127.0.0.1:8080"}}};
  ports.health = ears_.get();
  ports.secrets = &life_->secrets;
  ports.store = &life_->store;
  ports.database = &life_->database;
  ports.claim_owner = [this](const std::string& owner) { return !owners_alive.contains(owner); };
  ports.clock = &clock;
  ports.telemetry = &life_->telemetry;
  ports.beside = [this](std::function<std::string()> work) { return run_beside(made_beside, std::move(work)); };
  ports.beside_one_at_a_time = [this](std::function<std::string()> work) {
    return run_beside(rehearsed_beside, std::move(work));
  };
  if (prometheus) life_->analyst = std::make_unique<FakeAnalyst>(clock, prometheus);
  ports.analyst = life_->analyst.get();
  life_->reader = life_->board.subscribe([this](const status::Change& change) {
    if (change.type != status::Change::Type::Deleted) on_view(*change.view);
  });
  reconcile::Reconciler::Hooks hooks;
  hooks.spawn = [this](const std::string&, awaitable<void> task) {
    boost::asio::co_spawn(life_->loop, std::move(task), [](const std::exception_ptr&) {});
  };
  hooks.wake = [this](const std::string& name) {
    life_->woken = true;
    on_wake(name);
  };
  hooks.told = [](const records::Event&) {};
  life_->reconciler = std::make_unique<reconcile::Reconciler>(ports, life_->board, hooks);
  const auto loaded = wait(life_->reconciler->load());
  if (!loaded) throw std::runtime_error(loaded.error().message);
}

reconcile::Reconciler& Stage::teald() { return *life_->reconciler; }

void Stage::apply() {
  gate.attend(false);
  const auto applied = wait(life_->reconciler->apply(application, "ann", false));
  gate.attend(true);
  if (!applied) throw std::runtime_error(applied.error().message);
}

status::SharedView Stage::view() const { return life_->board.find("shop"); }

std::vector<world::Server> Stage::servers() {
  return balancer.look("shop_api");
}  // whatever is wrong with the way to it

void Stage::observe_promises() {
  on_time();
  int migrators = 0;
  for (const auto& [name, stored] : engine.containers()) {
    const bool runs = stored.seen.state == world::ContainerState::Running;
    if (runs && stored.seen.role == world::Role::Migrate) ++migrators;
    if (runs && stored.seen.address) addresses_[name] = *stored.seen.address;
  }
  for (const auto& [name, address] : addresses_) {
    const auto found = engine.containers().find(name);
    const bool runs = found != engine.containers().end() && found->second.seen.address == address;
    balancer.set_healthy(address, runs && !sick_images.contains(found->second.seen.image_id));
  }
  migrators_met = migrators_met || migrators > 1;
  const auto all = servers();
  fewest_up = std::min(fewest_up, static_cast<int>(std::ranges::count_if(all, &world::Server::up)));
}

void Stage::let_time_pass(std::optional<Time> wake_at) {
  observe_promises();
  auto next = wake_at.value_or(clock.time + 10s);
  const auto analysed = life_->analyst ? life_->analyst->next_answer() : std::nullopt;
  for (const auto& other : {engine.next_end(), balancer.next_change(), ears_->next_answer(), analysed}) {
    if (other) next = std::min(next, *other);
  }
  clock.time = std::max(next, clock.time + (life_->woken ? 0ms : 1ms));
  life_->woken = false;
  observe_promises();
}

void Stage::step() {
  ++passes;
  on_pass();
  try {
    const auto wake_at = wait(life_->reconciler->reconcile("shop"));
    life_->loop.restart();
    life_->loop.poll();
    if (!gate.is_dead()) return let_time_pass(wake_at);
  } catch (const Gate::Died&) {
  }
  observe_promises();
  start_teald();
}

bool Stage::run_until(const std::function<bool()>& reached, int limit) {
  for (int i = 0; i < limit; ++i) {
    step();
    if (reached()) return true;
  }
  return false;
}

bool Stage::run(bool ended, int limit) {
  return run_until(
      [&] {
        const auto seen = view();
        if (!seen || !seen->rollout || !records::is_terminal(seen->rollout->standing.phase)) return false;
        return ended || (seen->status.phase == "Healthy" && seen->status.active_version == application.spec.version);
      },
      limit);
}

}  // namespace teal::test
