#include "tests/simulation/teald.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>

#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::simulation {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

class SimulatedSecrets final : public ports::Secrets {
 public:
  explicit SimulatedSecrets(World& world) : world_(world) {}

  awaitable<Result<masking::Secret>> read(spec::ValueSource source) override {
    if (source.kind == spec::ValueSource::Kind::Literal) co_return masking::Secret{source.text};
    const auto begin = source.text.find('/', 1) + 1;  // /etc/shop/user
    const auto application = source.text.substr(begin, source.text.find('/', begin) - begin);
    if (world_.faults.strikes(Fault::SecretMissing, 0.02, world_.phase(application))) {
      world_.say("fault: SecretMissing " + source.text);
      co_return Error{ErrorCode::not_found, source.text + ": no such file"};
    }
    co_return masking::Secret{world_.secret(source.text)};
  }
  awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string) override {
    co_return masking::SecretEnvironment{};
  }

 private:
  World& world_;
};

}  // namespace

Teald::Teald(World& world, Memory& memory, int life)
    : world_(world),
      life_(life),
      memory_(memory),
      loop_(std::make_unique<boost::asio::io_context>(1)),
      doors_(std::make_shared<Doors>(Way{world, memory, *loop_, life, [this] { dead_ = true; }})),
      secrets_(std::make_unique<SimulatedSecrets>(world)),
      telemetry_(std::make_unique<test::NoTelemetry>()),
      probes_(world, life, [this](const std::string& name) { wake(name); }) {
  doors_->engine = make_disturbed_engine(doors_->way);
  doors_->store = make_disturbed_store(doors_->way);
  doors_->database = make_disturbed_database(doors_->way, doors_->lines);
  ports::Ports ports;
  ports.engines = {{"local", doors_->engine.get()}};
  ports.default_engine = "local";
  ports.concurrency["local"] = {.starts = 1, .pulls = 1, .migrations = 1};  // applications get in each other's way
  for (const auto& [name, balancer] : world.balancers) {
    auto& door = doors_->balancers[name];
    door = make_disturbed_balancer(doors_->way, name);
    ports.load_balancers[name] = {door.get(), "http://" + name + ".example"};
  }
  if (world.is_wide()) {
    analyst_ = std::make_unique<test::FakeAnalyst>(world.timeline,
                                                   [&world](const std::string& query) { return world.errors(query); });
  }
  ports.analyst = analyst_.get();
  ports.health = &probes_;
  ports.secrets = secrets_.get();
  ports.store = doors_->store.get();
  ports.database = doors_->database.get();
  ports.clock = &world.wall;
  ports.telemetry = telemetry_.get();
  reconcile::Reconciler::Hooks hooks;
  hooks.spawn = [this](const std::string&, awaitable<void> task) { spawn(std::move(task)); };
  hooks.wake = [this](const std::string& name) { wake(name); };
  hooks.told = [this](const records::Event& event) {
    if (world_.trace.keep)
      world_.note(fmt::format("event: {} {}: {}", event.application, to_string(event.reason), event.message));
  };
  reconciler_ = std::make_unique<reconcile::Reconciler>(std::move(ports), board_, std::move(hooks));
  readers_ = board_.subscribe([this](const status::Change& change) {
    if (change.type != status::Change::Type::Deleted) world_.monitors->shown(*change.view);
  });
}

// Coroutines go before what they use: those that wait for the timeline first, then those that are ready.
Teald::~Teald() {
  world_.timeline.forget(life_);
  loop_.reset();
  doors_->lines.clear();
  world_.databases.ours.clear();
  memory_.graves.push_back(doors_);
}

void Teald::spawn(awaitable<void> task) {
  boost::asio::co_spawn(*loop_, std::move(task), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);  // a bug: to be seen
  });
}

void Teald::start() { spawn(load()); }

awaitable<void> Teald::load() {
  const auto loaded = co_await reconciler_->load();
  if (!loaded) {
    dead_ = true;  // it would exit, and be started again
    co_return;
  }
  for (const auto& name : reconciler_->names()) wake(name);
  std::vector<std::string> all;
  for (const auto& [path, text] : world_.files) all.push_back(path);
  changed_files_.clear();  // they are read with the others
  co_await take_manifests(read(all), true);
  co_await follow_manifests();
}

std::vector<admission::ManifestState> Teald::read(const std::vector<std::string>& paths) const {
  std::vector<admission::ManifestState> files;
  for (const auto& path : paths) {
    admission::ManifestState file;
    file.path = path;
    file.text = world_.files.at(path);
    files.push_back(std::move(file));
  }
  return files;
}

// As daemon/app does: what was read is told until the store has it.
awaitable<void> Teald::take_manifests(std::vector<admission::ManifestState> files, bool complete) {
  for (auto delay = 200ms;; delay = std::min<Duration>(delay * 2, 5s)) {
    const auto taken = co_await reconciler_->manifests_changed(files, complete);
    if (taken) co_return;
    co_await sleep(world_.timeline, life_, *loop_, delay);
  }
}

// As daemon/manifest_watcher does: one telling after another, and only then is read what was saved meanwhile.
awaitable<void> Teald::follow_manifests() {
  while (!changed_files_.empty()) co_await take_manifests(read(std::exchange(changed_files_, {})), false);
  follows_ = false;
}

void Teald::saved(const std::string& path) {
  if (std::ranges::find(changed_files_, path) == changed_files_.end()) changed_files_.push_back(path);
  if (!std::exchange(follows_, true)) spawn(follow_manifests());
}

// As daemon/secret_watcher does: what was told and taken is not told again.
void Teald::look_at_values(const std::string& application) {
  const auto view = board_.find(application);
  if (!view || !view->record.application.spec.restart_on_change || telling_.contains(application)) return;
  admission::ValuesSeen seen;
  for (const auto& source : admission::watched_sources(view->record.application.spec))
    seen.fingerprints[source.name] = "key:" + world_.secret(source.source.text);
  const auto told = told_values_.find(application);
  if (told != told_values_.end() && told->second == seen && view->record.values.known) return;
  telling_.insert(application);
  spawn(tell_values(application, std::move(seen)));
}

awaitable<void> Teald::tell_values(std::string application, admission::ValuesSeen seen) {
  const auto taken = co_await reconciler_->values_seen(application, seen);
  if (taken) told_values_[application] = std::move(seen);
  telling_.erase(application);
}

void Teald::ask(const std::string& application, records::Verb verb, const std::string& by,
                std::optional<int> to_revision) {
  records::VerbRequest request;
  request.verb = verb;
  request.by.name = by;
  request.to_revision = to_revision;
  request.accepts_unknown = true;  // an admin who has looked
  spawn(do_ask(application, std::move(request)));
}

awaitable<void> Teald::do_ask(std::string application, records::VerbRequest request) {
  if (request.verb == records::Verb::Retry || request.verb == records::Verb::Resume ||
      request.verb == records::Verb::Rollback) {
    world_.monitors->retry_asked(application);
  }
  const auto by = request.by.name;
  world_.monitors->asked(by);
  const auto done = co_await reconciler_->request(application, std::move(request));
  world_.say(fmt::format("{}: {} by {}", application, done ? "granted" : "refused, " + done.error().message, by));
  world_.monitors->answered(by, done);
  if (done) world_.granted.push_back(by);
}

void Teald::apply(const spec::Application& application, const std::string& by) { spawn(do_apply(application, by)); }

awaitable<void> Teald::do_apply(spec::Application application, std::string by) {
  records::Requester who;
  who.name = by;
  const auto done = co_await reconciler_->apply(application, who, false);
  world_.say(fmt::format("{}: {} by {}", application.name, done ? "applied" : "refused, " + done.error().message, by));
  if (done) world_.applied[application.name] = application;
}

void Teald::remove(const std::string& application, const std::string& by) { spawn(do_remove(application, by)); }

awaitable<void> Teald::do_remove(std::string application, std::string by) {
  records::Requester who;
  who.name = by;
  const auto done = co_await reconciler_->remove(application, who);
  world_.say(fmt::format("{}: {} by {}", application, done ? "deletion begins" : done.error().message, by));
}

void Teald::wake(const std::string& application) {
  queue_.add(application, world_.wall.now());
  woken_ = true;
}

std::optional<Time> Teald::next_due() const { return timer_; }

// As the dispatcher does: a timer runs for what was left when it was set, however the clock jumps meanwhile.
void Teald::set_timer() {
  const auto due = queue_.next_due();
  const auto left = due ? std::max<Duration>(*due - world_.wall.now(), 0ms) : Duration{1h};
  timer_ = world_.timeline.now() + left;
}

bool Teald::run_ready() {
  constexpr int most = 100'000;
  bool due_now = world_.timeline.now() >= timer_;
  for (int handled = 0; !dead_;) {
    const auto due = due_now || woken_ ? queue_.take_due(world_.wall.now()) : std::vector<std::string>{};
    due_now = false;
    if (std::exchange(woken_, false) || !due.empty() || world_.timeline.now() >= timer_) set_timer();
    for (const auto& name : due) spawn(work(name));
    loop_->restart();
    int ran = 0;
    while (!dead_ && handled < most && loop_->poll_one() != 0) {
      ++ran;
      ++handled;
    }
    if (handled >= most) {
      world_.monitors->report(Promise::L1, "busy", "teald never comes to rest within one moment");
      break;
    }
    if (ran == 0 && due.empty() && !woken_) break;
  }
  return !dead_;
}

awaitable<void> Teald::work(std::string name) {
  ++passes_;
  world_.monitors->pass_begins(name);
  const auto again = co_await reconciler_->reconcile(name);
  world_.monitors->pass_ends(name);
  queue_.done(name, again);
  woken_ = true;
}

}  // namespace teal::simulation
