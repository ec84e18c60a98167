#include "tests/simulation/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "manifests/wire/json.hpp"
#include "tests/simulation/settled.hpp"
#include "tests/simulation/teald.hpp"

namespace teal::simulation {

namespace {

using namespace std::chrono_literals;

constexpr Duration bound = 90min;  // L1: from the end of the faults, with windows, graces and deadlines of the stories
constexpr Duration rest = 12min;
constexpr int most_passes = 400'000;
constexpr int most_passes_a_minute = 5000;  // of one application: 20 ms are the shortest pause that is meant

class Run {
 public:
  Run(const Scenario& scenario, bool keep_trace) : scenario_(scenario), world_(scenario), random_(scenario.seed, 3) {
    world_.trace.keep = keep_trace;
    world_.on_event = [this](const std::string& application) {
      ++memory_.kept[application].told;
      if (teald_) teald_->wake(application);
    };
    world_.on_crash = [this] {
      if (teald_) teald_->kill();
    };
  }

  Outcome go() {
    begin();
    const auto start = world_.timeline.now();
    const auto end = start + scenario_.lasts;
    advance(end, [] { return false; });
    if (ok()) heal();
    Outcome outcome;
    outcome.violations = world_.monitors->violations();
    outcome.trace = world_.trace.lines();
    outcome.hash = world_.trace.hash();
    outcome.simulated = world_.timeline.now() - start;
    outcome.converged_after = converged_after_;
    outcome.effects = world_.monitors->counts();
    for (const auto& [name, stored] : world_.engine.containers()) {
      const bool stands = stored.seen.state == world::ContainerState::Running && stored.signals.empty();
      if (stands && stored.seen.role == world::Role::Serve && !stored.seen.application.empty()) ++outcome.standing;
    }
    outcome.coverage = world_.faults.coverage;
    outcome.faults = world_.faults.count;
    outcome.lives = lives_;
    outcome.passes = passes_ + (teald_ ? teald_->passes() : 0);
    outcome.ended_by_fault = world_.ended_by_fault;
    outcome.revisions = static_cast<int>(world_.store.all_rollouts().size());
    return outcome;
  }

 private:
  [[nodiscard]] bool ok() const { return world_.monitors->violations().empty(); }

  static std::string path_of(const std::string& name) { return "/etc/teal/" + name + ".yaml"; }

  void begin() {
    for (const auto& plan : scenario_.fleet) {
      auto& goal = goals_[plan.first.name];
      goal.wanted = plan.first;
      goal.by_file = plan.by_file;
      if (plan.by_file) save(plan.first);
    }
    start_teald();
    for (const auto& step : scenario_.steps) {
      world_.timeline.in(step.at, Timeline::world, [this, &step] { take(step); });
    }
    world_.faults.set_active(false);
    world_.timeline.in(scenario_.calm, Timeline::world, [this] {
      world_.say("--- faults begin ---");
      world_.faults.set_active(true);
      disturb();
    });
    look_after();
  }

  void start_teald() {
    world_.say(fmt::format("teald starts (life {})", ++lives_));
    restarting_ = false;
    teald_ = std::make_unique<Teald>(world_, memory_, lives_);
    teald_->start();
  }

  void save(const spec::Application& application) {
    const auto path = path_of(application.name);
    const auto text = boost::json::serialize(wire::to_json(application));
    world_.files[path] = text;
    tell(path);
  }

  void tell(const std::string& path) {
    if (teald_) teald_->saved(path);
  }

  void take(const Step& step) {
    world_.say(fmt::format("step {}: {}", step.number, to_text(step)));
    auto& goal = goals_[step.application];
    switch (step.kind) {
      case Step::Kind::Spec:
        goal.wanted = step.spec;
        goal.deleted = false;
        if (goal.by_file) save(goal.wanted);
        return;
      case Step::Kind::Invalid:
        if (!goal.by_file) return;
        world_.files[path_of(step.application)] = "apiVersion: teal/v1\nkind: Application\nspec: {version: [}";
        return tell(path_of(step.application));
      case Step::Kind::Verb:
        if (teald_) teald_->ask(step.application, step.verb, fmt::format("operator-{}", step.number), step.to_revision);
        return;
      case Step::Kind::Delete:
        goal.deleted = true;
        return;
      case Step::Kind::Rotate:
        ++world_.rotations[fmt::format("/etc/{}/app_password", step.application)];
        return;
    }
  }

  // Whoever uses the API asks until it is done.
  void look_after() {
    for (auto& [name, goal] : goals_) {
      if (teald_) teald_->look_at_values(name);
      const auto* record = world_.store.application(name);
      if (goal.by_file || !teald_) continue;
      if (goal.deleted) {
        if (record && !record->deleting) teald_->remove(name, "user");
      } else if (!record || world_.applied[name] != goal.wanted) {
        teald_->apply(goal.wanted, "user");
      }
    }
    world_.timeline.in(2s, Timeline::world, [this] { look_after(); });
  }

  void disturb() {
    if (!world_.faults.active()) return;
    const auto fault = world_.faults.any_timed(random_);
    const auto& plan = random_.pick(scenario_.fleet);
    if (fault) world_.strike(*fault, plan.first.name);
    world_.timeline.in(random_.between(Duration{500ms}, Duration{60s}), Timeline::world, [this] { disturb(); });
  }

  void bury() {
    world_.say("teald is dead");
    passes_ += teald_->passes();
    teald_.reset();
    if (restarting_) return;
    restarting_ = true;
    world_.timeline.in(random_.between(Duration{50ms}, Duration{random_.one_in(4) ? 30'000 : 2000}), Timeline::world,
                       [this] { start_teald(); });
  }

  // Lets time pass until then, or until `done`, or until something is broken.
  void advance(Time until, const std::function<bool()>& done) {
    while (ok() && world_.timeline.now() < until) {
      world_.refresh();
      if (teald_ && !teald_->run_ready()) {
        bury();
        continue;
      }
      if (done()) return;
      auto next = std::min(until, world_.next().value_or(until));
      if (teald_) next = std::min(next, teald_->next_due().value_or(until));
      world_.timeline.advance(std::max(next, world_.timeline.now()));
      if (teald_ && passes_ + teald_->passes() > most_passes) {
        world_.monitors->report(Promise::L1, "passes", fmt::format("more than {} passes", most_passes));
      }
      watch_the_pace();
    }
    world_.refresh();
  }

  // A teald that runs in circles, however slowly, is not at work.
  void watch_the_pace() {
    if (world_.timeline.now() < pace_from_ + 1min) return;
    const int all = passes_ + (teald_ ? teald_->passes() : 0);
    const int most = most_passes_a_minute * static_cast<int>(scenario_.fleet.size());
    if (all - pace_passes_ > most)
      world_.monitors->report(Promise::L1, "pace", fmt::format("{} passes within a minute", all - pace_passes_));
    pace_from_ = world_.timeline.now();
    pace_passes_ = all;
  }

  void heal() {
    world_.heal();
    for (auto& [name, goal] : goals_) {
      goal.wanted.spec.upgrade_policy = {};  // somebody has read the vendor's notes
      if (goal.by_file) save(goal.wanted);
    }
    const auto begun = world_.timeline.now();
    operate();
    std::string missing;
    const auto settled = [&] {
      if (world_.timeline.now() < next_look_) return false;
      next_look_ = world_.timeline.now() + 500ms;
      missing = unsettled(world_, goals_);
      return missing.empty();
    };
    advance(begun + bound, settled);
    converged_after_ = world_.timeline.now() - begun;
    if (!ok()) return;
    if (!missing.empty()) return world_.monitors->report(Promise::L1, "end", "not as wanted: " + missing);
    operating_ = false;
    world_.say("--- all is as wanted ---");
    settle_down();
    check_story(world_, goals_);
  }

  // Whatever waits for a person gets its answer.
  void operate() {
    if (!operating_) return;
    for (const auto& [name, goal] : goals_) {
      if (!teald_) break;
      for (const auto& [container, stored] : world_.engine.containers()) {
        const bool hangs =
            stored.seen.role == world::Role::Migrate && stored.seen.application == name && !stored.ends_at;
        if (hangs && stored.seen.state == world::ContainerState::Running) {
          world_.say("operator ends " + container);
          world_.engine.end(container, 137);
          break;
        }
      }
      const auto verb = needed_verb(world_, name, goal);
      if (!verb) continue;
      world_.say(fmt::format("{}: the operator answers", name));
      teald_->ask(name, *verb, fmt::format("healer-{}", ++answers_));
    }
    world_.timeline.in(20s, Timeline::world, [this] { operate(); });
  }

  // L1, second half: and stays so.
  void settle_down() {
    // What was under way when all was reached ends first.
    advance(world_.timeline.now() + 30s, [] { return false; });
    const auto before = world_.monitors->counts();
    advance(world_.timeline.now() + rest, [] { return false; });
    if (!ok()) return;
    if (const auto missing = unsettled(world_, goals_); !missing.empty())
      return world_.monitors->report(Promise::L1, "rest", "did not stay as wanted: " + missing);
    if (world_.monitors->counts() != before)
      world_.monitors->report(Promise::L1, "churn", "side effects go on though all is as wanted");
  }

  const Scenario& scenario_;
  World world_;
  Memory memory_;
  Random random_;
  Goals goals_;
  std::unique_ptr<Teald> teald_;
  bool restarting_ = false;
  bool operating_ = true;
  int answers_ = 0;
  int lives_ = 0;
  int passes_ = 0;
  Time next_look_{};
  Time pace_from_{};
  int pace_passes_ = 0;
  Duration converged_after_{};
};

}  // namespace

Scenario without_faults(Scenario scenario) {
  scenario.faults.clear();
  scenario.flaws.clear();
  scenario.taken_names.clear();
  scenario.prometheus_away = {};
  return scenario;
}

Outcome run(const Scenario& scenario, bool keep_trace) {
  Run one{scenario, keep_trace};
  return one.go();
}

}  // namespace teal::simulation
