#include "daemon/app.hpp"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <memory>

#include "controllers/reconcile/reconciler.hpp"
#include "controllers/status/board.hpp"
#include "daemon/api/server.hpp"
#include "daemon/audit_pruner.hpp"
#include "daemon/dispatcher.hpp"
#include "daemon/drivers/notifications/notifier.hpp"
#include "daemon/health_monitor.hpp"
#include "daemon/image_maintenance.hpp"
#include "daemon/log_pruner.hpp"
#include "daemon/loop_watch.hpp"
#include "daemon/manifest_watcher.hpp"
#include "daemon/parts.hpp"
#include "daemon/runtime/blocking_pool.hpp"
#include "daemon/runtime/loop_turns.hpp"
#include "daemon/runtime/metrics.hpp"
#include "daemon/runtime/task_group.hpp"
#include "daemon/wall_clock.hpp"
#include "daemon/wiring.hpp"

namespace teal::daemon {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

class App {
 public:
  App(const config::DaemonConfig& config, runtime::Log& log)
      : config_(config),
        log_(log),
        board_(static_cast<std::uint64_t>(clock_.now().time_since_epoch().count())),
        parts_(config, parts_world()),
        tasks_(io_.get_executor(),
               [this](const std::string& task, std::exception_ptr failure) { broke(task, failure); }),
        dispatcher_(
            io_.get_executor(), clock_, metrics_, tasks_, [this](const std::string& name) { return engine_of(name); },
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
    watch_manifest_files();
    for (auto& task : parts_.take_tasks()) tasks_.spawn(std::move(task.name), std::move(task.work));
    tasks_.spawn("tags", image_maintenance_->watch_tags());
    tasks_.spawn("secret files", secret_watch_.watcher->watch_files());
    tasks_.spawn("secret programs", secret_watch_.watcher->watch_programs());
    for (auto& task : access_->tasks()) tasks_.spawn("access", std::move(task));
    tasks_.spawn("api", server_->run());
    tasks_.spawn("loop", watch_loop(metrics_));
    tasks_.spawn("kept logs", prune_kept_logs(*ports_.store, clock_));
    tasks_.spawn("audit", prune_audit(*ports_.store, clock_, config_.audit.keep));
    ::sd_notify(0, "READY=1");
    log_.info(fmt::format("ready: {} applications on record, manifests in {}", reconciler_->names().size(),
                          config_.manifests));
  }

  awaitable<std::optional<std::uint64_t>> requests_given(std::string load_balancer, std::string backend) {
    const auto found = ports_.load_balancers.find(load_balancer);
    if (found == ports_.load_balancers.end()) co_return std::nullopt;
    const auto given = co_await found->second.load_balancer->requests_given(std::move(backend));
    co_return given ? *given : std::nullopt;
  }

  // Everything that can refuse to start, in the order in which it is needed.
  awaitable<Result<void>> open() {
    if (auto opened = co_await parts_.open(); !opened) co_return opened;
    ports_ = parts_.ports();
    auto wake = [this](std::string name) { dispatcher_.wake(name); };
    auto given = [this](std::string load_balancer, std::string backend) {
      return requests_given(std::move(load_balancer), std::move(backend));
    };
    health_ = make_health_monitor(io_.get_executor(), &metrics_, std::move(wake), ports_.secrets, std::move(given));
    ports_.health = health_.get();
    ports_.beside = [this](std::function<std::string()> work) { return text_pool_.run(std::move(work)); };
    ports_.beside_one_at_a_time = [this](std::function<std::string()> work) { return plan_pool_.run(std::move(work)); };
    reconcile::Reconciler::Hooks hooks;
    hooks.spawn = [this](std::string name, awaitable<void> task) { tasks_.spawn(std::move(name), std::move(task)); };
    hooks.wake = [this](const std::string& name) { dispatcher_.wake(name); };
    hooks.told = [this](const records::Event& event) { tell(event); };
    hooks.turn = [this] { return pass_turns_.take(); };
    image_maintenance_ = wire_image_maintenance(config_, ports_, board_, hooks.told, hooks.wake);
    reconciler_ = std::make_unique<reconcile::Reconciler>(ports_, board_, std::move(hooks));
    if (auto loaded = co_await reconciler_->load(); !loaded) co_return loaded;
    auto watch =
        wire_secret_watch(io_.get_executor(), parts_.key_file(), board_, *ports_.secrets, file_pool_, *reconciler_);
    if (!watch) co_return watch.error();
    secret_watch_ = std::move(*watch);
    auto note = [this](reconcile::DaemonNotice notice) { reconciler_->notice(std::move(notice)); };
    auto wired_access = wire_access(io_.get_executor(), config_, clock_, file_pool_, std::move(note));
    if (!wired_access) co_return wired_access.error();
    access_ = std::move(*wired_access);
    if (access_->watch) co_await access_->watch->look();
    server_ = std::make_unique<api::ApiServer>(io_.get_executor(), api_options(config_, access_->tls.get()), board_,
                                               *reconciler_, *ports_.store, metrics_, access_->gate, log_);
    co_return server_->listen();
  }

  PartsWorld parts_world() {
    PartsWorld world;
    world.executor = io_.get_executor();
    world.clock = &clock_;
    world.telemetry = &metrics_;
    world.files = &file_pool_;
    world.changed = [this](std::string name) { name.empty() ? wake_all() : dispatcher_.wake(name); };
    world.answers = [this](const std::string& what, bool up, const std::string& why) { say(what, up, why); };
    world.warn = [this](const std::string& problem) { log_.warning(problem); };
    world.told = [this](const records::Event& event) { tell(event); };
    return world;
  }

  void tell(const records::Event& event) {
    if (event.reason == spec::Reason::Complete)
      tasks_.spawn("images of " + event.application, image_maintenance_->prune(event.application));
    log_.write(event.warning ? runtime::LogLevel::Warning : runtime::LogLevel::Info, event.application,
               to_string(event.reason), event.message);
    parts_.notifier().told(event);
  }

  // As far as is known: where it is seen to run, else where it is to.
  [[nodiscard]] std::string engine_of(const std::string& name) const {
    const auto view = board_.find(name);
    if (!view) return {};
    return ports_.engine_name(view->rollout ? records::placed_by(*view->rollout) : view->record.application.spec);
  }

  void wake_all() {
    for (const auto& name : reconciler_->names()) dispatcher_.wake(name);
  }

  void watch_manifest_files() {
    auto take = [this](std::vector<admission::ManifestState> files, bool complete) {
      return take_manifests(std::move(files), complete);
    };
    auto say_problem = [this](std::string problem) {
      reconciler_->notice(manifests_notice(config_, std::move(problem)));
    };
    tasks_.spawn("manifests", watch_manifests(file_pool_, config_.manifests, std::move(take), std::move(say_problem)));
  }

  // Until the store has them: what was saved must not be lost to a full disk.
  awaitable<void> take_manifests(std::vector<admission::ManifestState> files, bool complete) {
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
    if (up) return log_.info(what + " answers" + (why.empty() ? "" : ": " + why));
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
    co_await parts_.flush(2s);
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

  const config::DaemonConfig& config_;
  runtime::Log& log_;
  WallClock clock_;
  boost::asio::io_context io_{1};
  // After io_, so that they are joined before it goes: what they finish is posted there.
  runtime::BlockingPool file_pool_{2};
  runtime::BlockingPool text_pool_{2};  // which search logs for secrets
  runtime::BlockingPool plan_pool_{1};  // which rehearses plans
  runtime::LoopTurns pass_turns_{io_.get_executor()};
  runtime::Metrics metrics_;
  status::Board board_;
  Parts parts_;
  std::unique_ptr<ports::Health> health_;
  ports::Ports ports_;
  std::unique_ptr<ImageMaintenance> image_maintenance_;
  std::unique_ptr<reconcile::Reconciler> reconciler_;
  SecretWatch secret_watch_;
  std::unique_ptr<WiredAccess> access_;
  std::unique_ptr<api::ApiServer> server_;
  runtime::TaskGroup tasks_;
  Dispatcher dispatcher_;
  int status_ = 0;
};

}  // namespace

int run_daemon(const config::DaemonConfig& config, runtime::Log& log) {
  for (const auto& sentence : config.unsupported) log.error(sentence);
  if (!config.unsupported.empty()) return 1;
  App app{config, log};
  return app.run();
}

}  // namespace teal::daemon
