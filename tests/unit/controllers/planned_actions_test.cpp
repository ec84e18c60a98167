// What a plan says is what is then done: the same actions on the same things, in the same phases, in the same order.
// The plan is held against the reconciler at work on the fakes of its ports, whose containers, servers and databases
// are watched.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <tuple>

#include "tests/unit/controllers/job_under_lock.hpp"
#include "tests/unit/controllers/stage.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;

struct Deed {
  std::string phase;
  std::string text;          // "StartReplica teal-shop-api-r1-0"
  std::string unit;          // "api"; empty: none
  std::ptrdiff_t place = 0;  // in its phase
};
using Deeds = std::vector<Deed>;

// "api" of "teal-shop-api-r1-0", and of "server teal-shop-api-r1-0 in edge/shop_api".
std::string unit_in(const std::string& text) {
  const auto from = text.find("teal-shop-");
  if (from == text.npos) return {};
  const auto begin = from + std::string_view{"teal-shop-"}.size();
  return text.substr(begin, text.find("-r", begin) - begin);
}

// Watches a stage, and tells in plan's words what happened between two looks.
class Witness {
 public:
  explicit Witness(Stage& stage) : stage_(stage) {
    look();
    deeds_.clear();
    added_.clear();
    drained_.clear();
    stage_.on_time = [this] { look(); };
  }
  ~Witness() {
    stage_.on_time = [] {};
  }

  [[nodiscard]] const Deeds& deeds() const { return deeds_; }
  [[nodiscard]] bool is_quiet_for(int looks) const { return quiet_ >= looks; }

 private:
  void look() {
    std::vector<std::string> done;
    const int pulls = stage_.engine.calls("pull");
    if (pulls > pulls_) done.emplace_back("PullImage");
    pulls_ = pulls;
    look_at_containers(done);
    look_at_servers(done);
    quiet_ = done.empty() ? quiet_ + 1 : 0;
    const auto view = done.empty() ? status::SharedView{} : stage_.view();
    const auto phase = view && view->rollout ? std::string{to_string(view->rollout->standing.phase)} : "";
    for (auto& text : done) deeds_.push_back({phase, text, unit_in(text), 0});
  }

  void look_at_containers(std::vector<std::string>& done) {
    for (const auto& [name, stored] : stage_.engine.containers()) {
      const auto& id = stored.seen.id;
      const bool is_job = stored.seen.role == world::Role::Migrate;
      const bool is_hook = is_job && !stored.seen.unit.starts_with("job-");
      if (stored.starts > 0 && started_.insert(id).second) {
        done.push_back((is_hook ? "RunHook " : is_job ? "RunMigration " : "StartReplica ") + name);
      }
      if (!is_job && !stored.signals.empty() && stopped_.insert(id).second) done.push_back("StopReplica " + name);
    }
  }

  void look_at_servers(std::vector<std::string>& done) {
    std::map<std::string, bool> in_traffic;
    for (const auto& server : stage_.balancer.look("shop_api")) {
      in_traffic[server.name] = server.intake == world::Intake::Open;
      const auto where = fmt::format(" server {} in edge/shop_api", server.name);
      const auto before = in_traffic_.find(server.name);
      if (before == in_traffic_.end()) {
        added_.insert(server.name);
        done.push_back("AttachServer" + where);
      } else if (before->second && !in_traffic[server.name]) {
        added_.erase(server.name);
        drained_.insert(server.name);
        done.push_back("DrainServer" + where);
      } else if (!before->second && in_traffic[server.name] && added_.insert(server.name).second) {
        done.push_back("EnableServer" + where);
      }
    }
    for (const auto& [name, was_in_traffic] : in_traffic_) {
      if (in_traffic.contains(name)) continue;
      added_.erase(name);
      if (drained_.erase(name) == 0) done.push_back(fmt::format("DetachServer server {} in edge/shop_api", name));
    }
    in_traffic_ = std::move(in_traffic);
  }

  Stage& stage_;
  Deeds deeds_;
  int quiet_ = 0;
  int pulls_ = 0;
  std::set<std::string> started_;
  std::set<std::string> stopped_;
  std::map<std::string, bool> in_traffic_;
  std::set<std::string> added_;    // servers, and not drained since
  std::set<std::string> drained_;  // servers, and not removed yet
};

// What is to be done of it; what is left are waits, and what needs no doing.
Deeds deeds_of(const objects::Plan& plan) {
  Deeds deeds;
  for (const auto& step : plan.steps) {
    if (step.action == "PullImage") deeds.push_back({step.phase, step.action, "", 0});
    for (const auto* one : {"RunHook", "RunMigration", "StartReplica", "StopReplica", "AttachServer", "DrainServer",
                            "EnableServer", "DetachServer"}) {
      if (step.action == one) deeds.push_back({step.phase, step.action + " " + step.object, unit_in(step.object), 0});
    }
  }
  return deeds;
}

// In one phase, what belongs to different components or jobs has no order: whichever is ready first comes first.
Deeds in_order_of_units(Deeds deeds) {
  for (auto from = deeds.begin(); from != deeds.end();) {
    const auto to = std::find_if(from, deeds.end(), [&](const Deed& one) { return one.phase != from->phase; });
    for (auto one = from; one != to; ++one) one->place = one - from;
    std::sort(from, to,
              [](const Deed& a, const Deed& b) { return std::tie(a.unit, a.place) < std::tie(b.unit, b.place); });
    from = to;
  }
  return deeds;
}

// Where what comes back meets what is on its way, the pace of each decides in which phase it is done: then only what
// one container goes through has an order.
enum class Order { OfPhases, OfContainers };

// Empty: the same.
std::string difference(const Deeds& planned, const Deeds& done, Order order) {
  auto a = planned;
  auto b = done;
  for (auto* deeds : {&a, &b}) {
    for (auto& deed : *deeds) {
      if (order == Order::OfPhases) continue;
      deed.phase.clear();
      const auto name = deed.text.find("teal-shop-");
      if (name != deed.text.npos) deed.unit = deed.text.substr(name, deed.text.find(' ', name) - name);
    }
    *deeds = in_order_of_units(std::move(*deeds));
  }
  for (std::size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
    const auto text = [&](const Deeds& deeds) {
      return i < deeds.size() ? deeds[i].phase + ": " + deeds[i].text : std::string{"nothing"};
    };
    if (text(a) == text(b)) continue;
    std::string all;
    for (const auto& deed : done) all += fmt::format("\n  {}: {}", deed.phase, deed.text);
    return fmt::format("after {} planned {}, done {}; all that was done:{}", i, text(a), text(b), all);
  }
  return {};
}

class Trial {
 public:
  explicit Trial(unsigned seed) : random_(seed) {
    stage.prometheus = [](const std::string&) { return 0.5; };
  }

  Stage stage;

  bool one_in(int n) { return number(n) == 0; }
  int number(int below) { return std::uniform_int_distribution<int>{0, below - 1}(random_); }

  void install() {
    auto& spec = stage.application.spec;
    spec.migration.jobs[0].name = "job-first";
    if (one_in(3)) guard(stage);
    vary(spec);
    stage.start_teald();
    if (one_in(5)) return;  // nothing is there yet
    stage.apply();
    EXPECT_TRUE(settle());
    stage.clock.time += 1h;
  }

  void edit() {
    auto& spec = stage.application.spec;
    if (one_in(8)) {
      spec.components[0].replicas = 1 + number(3);
      return;  // no more than that
    }
    if (one_in(4)) {
      spec.env["COLOUR"] = spec::ValueSource{spec::ValueSource::Kind::Literal, std::to_string(number(1000)), {}};
    } else {
      spec.version = spec.version == "2" ? "3" : "2";
    }
    vary(spec);
    if (one_in(3))
      stage.engine.add_image("shop:" + spec.version, {"id-shop:" + spec.version, "digest-shop:" + spec.version});
    if (one_in(6)) spec.pull_policy = spec::PullPolicy::Always;
    if (one_in(6)) spec.suspend = true;
  }

  void vary(spec::ApplicationSpec& spec) {
    spec.rollout.strategy = one_in(4) ? spec::Strategy::Recreate : spec::Strategy::BlueGreen;
    spec.rollout.approval = one_in(4)   ? spec::Approval::BeforeMigration
                            : one_in(4) ? spec::Approval::BeforeCutover
                                        : spec::Approval::None;
    spec.rollout.keep_old = one_in(4) ? Duration{10min} : Duration{0};
    spec.rollout.bake = one_in(6) ? Duration{0} : Duration{2s};
    spec.rollout.windows.clear();
    if (one_in(6)) {
      const auto minute = std::chrono::duration_cast<std::chrono::minutes>(stage.clock.time.time_since_epoch()).count();
      spec::Window window;  // it opens soon
      window.from_minute = static_cast<int>((minute + number(20)) % 1440);
      window.to_minute = (window.from_minute + 60) % 1440;
      spec.rollout.windows.push_back(window);
    }
    spec.rollout.analysis.clear();
    if (one_in(4)) {
      spec::Analysis analysis;
      analysis.name = "errors";
      analysis.query = "errors";
      analysis.max = 1;
      analysis.interval = 5s;
      spec.rollout.analysis.push_back(analysis);
    }
    spec.components.resize(2);
    spec.components[0].replicas = 1 + number(3);
    spec.components[0].replace = one_in(6) ? spec::Replace::StopFirst : spec::Replace::Overlap;
    spec.components[1].replicas = number(3);
    spec.components[1].replace = one_in(3) ? spec::Replace::StopFirst : spec::Replace::Overlap;
    if (one_in(4)) {
      spec.components.push_back(spec.components[1]);
      spec.components.back().name = "mailer";
    }
    vary_jobs(spec);
  }

  void vary_jobs(spec::ApplicationSpec& spec) {
    const auto database = spec.migration.jobs.empty() ? std::nullopt : spec.migration.jobs[0].database;
    spec.migration.jobs.resize(std::max<std::size_t>(spec.migration.jobs.size(), 1));
    spec.migration.jobs.resize(1);
    spec.migration.mode = one_in(8) ? spec::MigrationMode::ApplicationManaged : spec::MigrationMode::Job;
    if (one_in(4)) spec.migration.jobs.push_back(job_called("job-second"));
    if (one_in(4)) {
      spec.migration.jobs.push_back(job_called("job-last"));
      spec.migration.jobs.back().phase = spec::JobPhase::AfterCutover;
      if (one_in(2)) spec.migration.jobs.back().database = database;
    }
    spec.hooks = {};
    if (one_in(4)) spec.hooks.before_migration = {job_called("backup")};
    if (one_in(4)) spec.hooks.after_migration = {job_called("reindex")};
    if (one_in(4)) spec.hooks.before_cutover = {job_called("smoke"), job_called("load")};
    if (one_in(4)) spec.hooks.after_cutover = {job_called("warm")};
    if (one_in(4)) spec.hooks.on_rollback = {job_called("tell")};
  }

  // Until nothing happens any more; whoever is waited for says yes.
  bool settle() {
    const Witness witness{stage};
    return settle(witness);
  }
  bool settle(const Witness& witness) {
    for (int i = 0; i < 3000; ++i) {
      stage.run_until([] { return true; }, 1);
      const auto view = stage.view();
      if (!view || !view->rollout) {
        if (!stage.application.spec.suspend) continue;
      } else if (view->rollout->standing.phase == spec::Phase::AwaitingApproval && !view->rollout->orders.approved) {
        ask(records::Verb::Approve);
      }
      const bool stands = !view || !view->rollout || records::is_terminal(view->rollout->standing.phase);
      if (stands && stage.application.spec.suspend) {
        stage.application.spec.suspend = false;
        stage.apply();
      } else if (stands && witness.is_quiet_for(15)) {
        return true;
      }
    }
    return false;
  }

  void ask(records::Verb verb) {
    records::VerbRequest request;
    request.verb = verb;
    stage.gate.attend(false);
    EXPECT_TRUE(stage.wait(stage.teald().request("shop", request)));
    stage.gate.attend(true);
  }

  objects::Plan plan(std::optional<spec::Application> candidate) {
    auto made = stage.wait(stage.teald().plan("shop", std::move(candidate), true));
    EXPECT_TRUE(made) << made.error().message;
    return made ? std::move(*made) : objects::Plan{};
  }

 private:
  static spec::Job job_called(const std::string& name) {
    spec::Job job;
    job.name = name;
    job.command = {"./" + name};
    return job;
  }

  std::mt19937 random_;
};

std::string story(const objects::Plan& plan) {
  std::string text = plan.summary;
  for (const auto& step : plan.steps) text += fmt::format("\n  {}: {}", step.phase, step.message);
  for (const auto& finding : plan.findings) text += "\n  ! " + finding;
  return text;
}

// Plans for what `ask` wants of the trial, and then does it. Empty: it was done as planned.
template <class Ask>
std::string outcome_of(unsigned seed, Order order, Ask ask) {
  Trial trial{seed};
  trial.install();
  const auto candidate = ask(trial);
  const auto before = trial.stage.view();
  const auto plan = trial.plan(candidate);
  const Witness witness{trial.stage};
  if (candidate) trial.stage.apply();
  const bool settled = trial.settle(witness);
  const auto missed = settled ? difference(deeds_of(plan), witness.deeds(), order) : std::string{"it does not settle"};
  if (missed.empty()) return {};
  return fmt::format("seed {}{}: {}\n{}", seed,
                     before && before->rollout ? fmt::format(" in {}", to_string(before->rollout->standing.phase)) : "",
                     missed, story(plan));
}

template <class Ask>
void expect_as_planned(unsigned seeds, Order order, Ask ask) {
  int failures = 0;
  for (unsigned seed = 1; seed <= seeds && failures < 5; ++seed) {
    const auto outcome = outcome_of(seed, order, ask);
    EXPECT_TRUE(outcome.empty()) << outcome;
    failures += outcome.empty() ? 0 : 1;
  }
}

// Some way into a rollout.
void begin_one(Trial& trial) {
  trial.edit();
  trial.stage.application.spec.suspend = false;
  trial.stage.apply();
  trial.stage.run_until([] { return false; }, 1 + trial.number(60));
}

TEST(PlannedActions, AreThoseThatAreThenDone) {
  expect_as_planned(120, Order::OfPhases, [](Trial& trial) {
    trial.edit();
    return std::optional{trial.stage.application};
  });
}

TEST(PlannedActions, AreWorkedOutBesideTheLoop) {
  Trial trial{1};
  trial.install();
  const int searched = trial.stage.made_beside;
  const int rehearsed = trial.stage.rehearsed_beside;
  trial.plan(trial.stage.application);
  EXPECT_EQ(trial.stage.rehearsed_beside, rehearsed + 1);
  EXPECT_EQ(trial.stage.made_beside, searched) << "logs that are searched would wait for it";
}

// Asked in the middle of it: what is left.
TEST(PlannedActions, OfARolloutUnderWayAreWhatIsLeftOfIt) {
  expect_as_planned(60, Order::OfPhases, [](Trial& trial) {
    begin_one(trial);
    return std::optional<spec::Application>{};
  });
}

// A newer spec meanwhile: first the way back, or the rest of the way, then its own rollout.
TEST(PlannedActions, OfASpecThatReplacesARolloutUnderWayAreBoth) {
  expect_as_planned(60, Order::OfContainers, [](Trial& trial) {
    begin_one(trial);
    trial.edit();
    return std::optional{trial.stage.application};
  });
}

}  // namespace
}  // namespace teal::test
