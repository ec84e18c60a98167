#include "daemon/app.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <map>
#include <memory>

#include "controllers/reconcile/reconciler.hpp"
#include "controllers/status/board.hpp"
#include "daemon/address.hpp"
#include "daemon/api/server.hpp"
#include "daemon/audit_pruner.hpp"
#include "daemon/drivers/databases/postgres/postgres_database.hpp"
#include "daemon/dispatcher.hpp"
#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/drivers/engines/docker/docker_events.hpp"
#include "daemon/health_monitor.hpp"
#include "daemon/image_care.hpp"
#include "daemon/drivers/load_balancers/haproxy/haproxy.hpp"
#include "daemon/log_pruner.hpp"
#include "daemon/manifest_watcher.hpp"
#include "daemon/drivers/notifications/notifier.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/measured_store.hpp"
#include "daemon/runtime/metrics.hpp"
#include "daemon/runtime/task_group.hpp"
#include "daemon/drivers/secrets/secrets.hpp"
#include "daemon/drivers/stores/sqlite/sqlite_store.hpp"
#include "daemon/wall_clock.hpp"
#include "daemon/wiring.hpp"

namespace teal {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

class App {
 public:
  App(const DaemonConfig& config, Log& log)
      : config_(config),
        log_(log),
        board_(static_cast<std::uint64_t>(clock_.now().time_since_epoch().count())),
        tasks_(io_.get_executor(),
               [this](const std::string& task, std::exception_ptr failure) { broke(task, failure); }),
        dispatcher_(io_.get_executor(), clock_, metrics_, tasks_,
                    [this](std::string name) { return reconciler_->reconcile(std::move(name)); }) {}

  int run() {
    tasks_.spawn("start", start());
    io_.run();
    return status_;
  }

 private:
  awaitable<void> start() {
    tasks_.spawn("signals", wait_for_signal());
    auto ready = co_await open();
    if (!ready) {
      log_.error(ready.error().message);
      status_ = 1;
      io_.stop();
      co_return;
    }
    tasks_.spawn("dispatcher", dispatcher_.run());
    for (const auto& name : reconciler_->names()) dispatcher_.wake(name);
    watch_world();
    for (auto& task : notifier_->tasks()) tasks_.spawn("notifications", std::move(task));
    tasks_.spawn("tags", image_care_->watch_tags());
    tasks_.spawn("secret files", secret_watch_.watcher->watch_files());
    tasks_.spawn("secret programs", secret_watch_.watcher->watch_programs());
    for (auto& task : access_->tasks()) tasks_.spawn("access", std::move(task));
    tasks_.spawn("api", server_->run());
    tasks_.spawn("kept logs", prune_kept_logs(*store_, clock_));
    tasks_.spawn("audit", prune_audit(*store_, clock_, config_.audit.keep));
    ::sd_notify(0, "READY=1");
    log_.info(fmt::format("ready: {} applications on record, manifests in {}", reconciler_->names().size(),
                          config_.manifests));
  }

  // Everything that can refuse to start, in the order in which it is needed.
  awaitable<Result<void>> open() {
    auto store = co_await open_sqlite_store(store_pool_, config_.store.sqlite, config_.logs);
    if (!store) co_return store.error();
    store_ = measure_store(std::move(*store), metrics_);
    auto owner = co_await store_->owner();
    if (!owner) co_return within("store", owner.error());
    owner_ = std::move(*owner);
    secrets_ = make_secrets(file_pool_, program_pool_);
    auto analyst = wire_analyst(io_.get_executor(), config_, *secrets_, clock_, metrics_,
                                [this](std::string name) { dispatcher_.wake(name); });
    if (!analyst) co_return analyst.error();
    analyst_ = std::move(*analyst);
    if (auto wired = wire_tracer(); !wired) co_return wired;
    wire_ports();
    Reconciler::Hooks hooks;
    hooks.spawn = [this](std::string name, awaitable<void> task) { tasks_.spawn(std::move(name), std::move(task)); };
    hooks.wake = [this](const std::string& name) { dispatcher_.wake(name); };
    wire_notifier();
    hooks.told = [this](const Event& event) { tell(event); };
    image_care_ = wire_image_care(config_, ports_, board_, hooks.told, hooks.wake);
    reconciler_ = std::make_unique<Reconciler>(ports_, board_, std::move(hooks));
    if (auto loaded = co_await reconciler_->load(); !loaded) co_return loaded;
    auto watch = wire_secret_watch(io_.get_executor(), config_, board_, *secrets_, file_pool_, *reconciler_);
    if (!watch) co_return watch.error();
    secret_watch_ = std::move(*watch);
    auto note = [this](DaemonNotice notice) { reconciler_->notice(std::move(notice)); };
    auto wired_access = wire_access(io_.get_executor(), config_, clock_, file_pool_, std::move(note));
    if (!wired_access) co_return wired_access.error();
    access_ = std::move(*wired_access);
    if (access_->watch) co_await access_->watch->look();
    server_ = std::make_unique<ApiServer>(io_.get_executor(), api_options(config_, access_->tls.get()), board_,
                                          *reconciler_, *store_, metrics_, access_->gate, log_);
    co_return server_->listen();
  }

  Result<void> wire_tracer() {
    if (!config_.tracing) return Result<void>{};
    ExporterOptions world;
    world.instance = owner_;
    world.secrets = secrets_.get();
    world.telemetry = &metrics_;
    world.warn = [this](const std::string& problem) { log_.warning(problem); };
    auto wired = wire_tracing(io_.get_executor(), *config_.tracing, clock_, std::move(world));
    if (!wired) return wired.error();
    tracing_ = std::move(*wired);
    ports_.tracer = tracing_.tracer.get();
    tasks_.spawn("tracing", tracing_.exporter->run());
    return Result<void>{};
  }

  void wire_ports() {
    health_ = make_health_monitor(io_.get_executor(), &metrics_, [this](std::string name) { dispatcher_.wake(name); });
    registries_ =
        wire_registries(io_.get_executor(), config_, clock_, *secrets_, file_pool_, registry_pool_, metrics_);
    for (const auto& engine : config_.engines) {
      auto options = docker_options(engine, owner_, metrics_, *registries_);
      engines_[engine.name] = make_docker_engine(io_.get_executor(), std::move(options));
      ports_.engines[engine.name] = engines_[engine.name].get();
    }
    ports_.default_engine = config_.engines.front().name;
    for (const auto& balancer : config_.load_balancers) {
      balancers_[balancer.name] = make_haproxy(HaproxyOptions{balancer.haproxy_socket, &metrics_});
      ports_.load_balancers[balancer.name] = {balancers_[balancer.name].get(), balancer.traffic_url.value_or(""),
                                              balancer.probes_per_second};
    }
    database_ = make_postgres(database_pool_, {&metrics_, 15s});
    ports_.database = database_.get();
    if (analyst_) ports_.analyst = analyst_.get();
    ports_.health = health_.get();
    ports_.secrets = secrets_.get();
    ports_.registry = registries_.get();
    ports_.store = store_.get();
    ports_.log_bytes = static_cast<std::size_t>(config_.logs.max_entry);
    ports_.clock = &clock_;
    ports_.telemetry = &metrics_;
    ports_.beside = [this](std::function<std::string()> work) { return text_pool_.run(std::move(work)); };
  }

  void wire_notifier() {
    NotifierPorts ports;
    ports.store = store_.get();
    ports.secrets = secrets_.get();
    ports.clock = &clock_;
    ports.telemetry = &metrics_;
    ports.told = [this](const Event& event) { tell(event); };
    notifier_ = std::make_unique<Notifier>(io_.get_executor(), std::move(ports), webhooks_of(config_));
  }

  void tell(const Event& event) {
    if (event.reason == "Complete")
      tasks_.spawn("images of " + event.application, image_care_->prune(event.application));
    log_.write(event.warning ? LogLevel::Warning : LogLevel::Info, event.application, event.reason, event.message);
    notifier_->told(event);
  }

  void wake_all() {
    for (const auto& name : reconciler_->names()) dispatcher_.wake(name);
  }

  void watch_world() {
    for (const auto& engine : config_.engines) {
      DockerWatch watch;
      watch.endpoint = docker_endpoint(engine);
      watch.owner = owner_;
      watch.on_change = [this](std::string name) { name.empty() ? wake_all() : dispatcher_.wake(name); };
      watch.on_state = [this, name = engine.name](bool up, std::string why) { say("engine " + name, up, why); };
      tasks_.spawn("events of engine " + engine.name, watch_docker_events(std::move(watch)));
    }
    for (const auto& balancer : config_.load_balancers) {
      HaproxyWatch watch;
      watch.socket_path = balancer.haproxy_socket;
      watch.on_change = [this] { wake_all(); };
      watch.on_state = [this, name = balancer.name](bool up, std::string why) { say("load balancer " + name, up, why); };
      tasks_.spawn("watch of load balancer " + balancer.name, watch_haproxy(std::move(watch)));
    }
    auto take = [this](std::vector<ManifestState> files, bool complete) {
      return take_manifests(std::move(files), complete);
    };
    auto say_problem = [this](std::string problem) { reconciler_->notice(manifests_notice(config_, std::move(problem))); };
    tasks_.spawn("manifests", watch_manifests(file_pool_, config_.manifests, std::move(take), std::move(say_problem)));
  }

  // Until the store has them: what was saved must not be lost to a full disk.
  awaitable<void> take_manifests(std::vector<ManifestState> files, bool complete) {
    boost::asio::steady_timer timer{io_};
    for (auto delay = 200ms;; delay = std::min<Duration>(delay * 2, 5s)) {
      const auto taken = co_await reconciler_->manifests_changed(files, complete);
      if (taken) co_return;
      log_.error("manifests: " + taken.error().message);
      timer.expires_after(delay);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }

  void say(const std::string& what, bool up, const std::string& why) {
    if (up) return log_.info(what + " answers");
    log_.warning(what + " does not answer: " + why);
  }

  awaitable<void> wait_for_signal() {
    boost::asio::signal_set signals{io_, SIGTERM, SIGINT};
    const int number = co_await signals.async_wait(boost::asio::use_awaitable);
    log_.info(fmt::format("{}: stopping; applications keep running", number == SIGTERM ? "SIGTERM" : "SIGINT"));
    ::sd_notify(0, "STOPPING=1");
    // Nothing has to be finished first: every intent is in the store, and the next start takes up from there.
    if (server_) {
      server_->stop();
      co_await server_->record_denials();
    }
    if (tracing_.exporter) co_await tracing_.exporter->flush(2s);
    tasks_.cancel();
    io_.stop();
  }

  // A bug: go down loudly, a supervisor starts us again and everything is taken up from the store.
  void broke(const std::string& task, std::exception_ptr failure) {
    std::string what = "unknown exception";
    try {
      std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      what = error.what();
    } catch (...) {
    }
    log_.error(fmt::format("internal error in {}: {}", task, what));
    status_ = 1;
    io_.stop();
  }

  const DaemonConfig& config_;
  Log& log_;
  WallClock clock_;
  boost::asio::io_context io_{1};
  // After io_, so that they are joined before it goes: what they finish is posted there.
  BlockingPool store_pool_{1};
  BlockingPool file_pool_{2};
  BlockingPool registry_pool_{2};  // their helper programs
  BlockingPool program_pool_{4};   // those of fromExec
  BlockingPool text_pool_{2};      // which search logs for secrets
  BlockingPool database_pool_{4};  // a server that hangs holds a thread until its call's deadline
  Metrics metrics_;
  Board board_;
  std::string owner_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Health> health_;
  std::unique_ptr<Analyst> analyst_;
  std::unique_ptr<Secrets> secrets_;
  std::unique_ptr<Registry> registries_;
  std::unique_ptr<Database> database_;
  std::map<std::string, std::unique_ptr<Engine>> engines_;
  std::map<std::string, std::unique_ptr<LoadBalancer>> balancers_;
  Tracing tracing_;
  Ports ports_;
  std::unique_ptr<Notifier> notifier_;
  std::unique_ptr<ImageCare> image_care_;
  std::unique_ptr<Reconciler> reconciler_;
  SecretWatch secret_watch_;
  std::unique_ptr<WiredAccess> access_;
  std::unique_ptr<ApiServer> server_;
  TaskGroup tasks_;
  Dispatcher dispatcher_;
  int status_ = 0;
};

}  // namespace

int run_daemon(const DaemonConfig& config, Log& log) {
  for (const auto& sentence : unsupported_features(config)) log.error(sentence);
  if (!unsupported_features(config).empty()) return 1;
  App app{config, log};
  return app.run();
}

}  // namespace teal
