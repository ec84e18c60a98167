#include "tests/simulation/exploration/scene.hpp"

#include <algorithm>

namespace teal::exploration {
namespace {

using namespace std::chrono_literals;

// One component "b" behind load balancer "e". Timers are short where only their end matters.
spec::ApplicationSpec spec(const std::string& version, int replicas) {
  spec::ApplicationSpec spec;
  spec.version = version;
  spec.image = "i";
  spec.rollout.bake = 10s;
  spec.rollout.deadline = 1500ms;
  spec.migration.timeout = 60s;
  spec::Job job;
  job.name = "m";
  spec.migration.jobs = {job};
  spec::Component b;
  b.name = "b";
  b.replicas = replicas;
  b.port = 80;
  b.load_balancer = spec::LoadBalancerUse{"e", "p", 60ms};
  b.stop.grace = 30s;
  spec.components = {b};
  return spec;
}

spec::Component worker() {
  spec::Component w;
  w.name = "w";
  w.stop.grace = 620s;
  return w;
}

const std::set<Fault> teald_faults{Fault::Crash, Fault::Answer};
const std::set<Fault> balancer_faults{Fault::Forgetting, Fault::Outage, Fault::FullBalancer, Fault::LongSessions};
const std::set<Fault> replica_faults{Fault::Death,    Fault::Removal,      Fault::Sickness,
                                     Fault::Crashing, Fault::Stubbornness, Fault::Unremovable};
const std::set<Fault> job_faults{Fault::JobFailure, Fault::JobHangs, Fault::Stubbornness,
                                 Fault::Removal,    Fault::Crash,    Fault::Answer};

std::set<Fault> together(std::initializer_list<std::set<Fault>> sets) {
  std::set<Fault> all;
  for (const auto& set : sets) all.insert(set.begin(), set.end());
  return all;
}

const std::set<Fault> everything = together(
    {teald_faults, balancer_faults, replica_faults, job_faults, {Fault::Slowness, Fault::Verbs, Fault::Edits}});

template <class Change>
Scene upgrade(const std::string& name, int budget, const std::set<Fault>& faults, Change change) {
  Scene scene;
  scene.name = name;
  scene.specs = {spec("1", 1), spec("2", 1)};
  scene.faults = faults;
  scene.budget = budget;
  for (auto& one : scene.specs) change(one);
  return scene;
}

void as_is(spec::ApplicationSpec&) {}
void two_replicas(spec::ApplicationSpec& spec) { spec.components[0].replicas = 2; }
void with_worker(spec::ApplicationSpec& spec) { spec.components.push_back(worker()); }
void without_balancer(spec::ApplicationSpec& spec) { spec.components = {worker()}; }

void two_balancers(spec::ApplicationSpec& spec) {
  auto c = spec.components[0];
  c.name = "c";
  c.load_balancer = spec::LoadBalancerUse{"f", "q", 60ms};
  spec.components.push_back(c);
}

void two_jobs(spec::ApplicationSpec& spec) {
  spec::Job n;
  n.name = "n";
  spec.migration.jobs.push_back(n);
  spec.components[0].load_balancer.reset();
}

void jobs_once(spec::ApplicationSpec& spec) {
  two_jobs(spec);
  spec.migration.idempotent = false;
}

void contracts(spec::ApplicationSpec& spec) {
  spec::Job c;
  c.name = "c";
  c.phase = spec::JobPhase::AfterCutover;
  spec.migration.jobs.push_back(c);
}

void hooks(spec::ApplicationSpec& spec) {
  const auto hook = [](const char* name) {
    spec::Job job;
    job.name = name;
    return job;
  };
  spec.hooks.before_migration = {hook("hb")};
  spec.hooks.after_cutover = {hook("ha")};
  spec.hooks.on_rollback = {hook("hr")};
}

void pauses(spec::ApplicationSpec& spec) {
  spec.rollout.on_failure = spec::OnFailure::Pause;
  spec.migration.idempotent = false;
}

std::vector<Scene> wide(int more) {
  std::vector<Scene> all;
  all.push_back(upgrade("upgrade", 1 + more, everything, as_is));
  all.push_back(upgrade("upgrade of two replicas", 1 + more, everything, two_replicas));
  all.push_back(upgrade("upgrade beside a worker", 1 + more, everything, with_worker));
  all.push_back(upgrade("upgrade behind two load balancers", 1 + more, everything, two_balancers));
  all.push_back(upgrade("upgrade of a worker alone", 1 + more, everything, without_balancer));
  all.push_back(upgrade("upgrade without a migration", 1 + more, everything,
                        [](spec::ApplicationSpec& spec) { spec.migration.jobs.clear(); }));
  all.push_back(upgrade("upgrade, teald dies and so does a replica", 2 + more,
                        {Fault::Crash, Fault::Death, Fault::Forgetting}, as_is));
  all.push_back(upgrade("upgrade, what old and new need goes down", 2 + more,
                        {Fault::Dependency, Fault::Crash, Fault::Answer, Fault::Forgetting},
                        [](spec::ApplicationSpec& spec) { spec.components[0].health.startup = 30s; }));
  all.push_back(upgrade("upgrade, given up while a replica dies", 2 + more, {Fault::Death, Fault::Verbs}, as_is));
  auto install = upgrade("first installation", 1 + more, everything, as_is);
  install.installed = false;
  all.push_back(install);
  install = upgrade("first installation of a worker", 1 + more, everything, without_balancer);
  install.installed = false;
  all.push_back(install);
  return all;
}

std::vector<Scene> special(int more) {
  std::vector<Scene> all;
  all.push_back(upgrade("two jobs, idempotent", 2 + more, job_faults, two_jobs));
  all.push_back(upgrade("two jobs, each once", 2 + more, job_faults, jobs_once));
  all.push_back(upgrade("post-deployment step", 1 + more, job_faults, contracts));
  all.push_back(upgrade("post-deployment step of a Recreate", 1 + more, job_faults, [](spec::ApplicationSpec& spec) {
    contracts(spec);
    spec.rollout.strategy = spec::Strategy::Recreate;
  }));
  all.push_back(upgrade("hooks", 1 + more, job_faults, hooks));
  all.push_back(upgrade("Recreate", 1 + more, everything,
                        [](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; }));
  all.push_back(upgrade("StopFirst", 1 + more, everything,
                        [](spec::ApplicationSpec& spec) { spec.components[0].replace = spec::Replace::StopFirst; }));
  all.push_back(upgrade("StopFirst worker beside the API", 1 + more, everything, [](spec::ApplicationSpec& spec) {
    with_worker(spec);
    spec.components[1].replace = spec::Replace::StopFirst;
  }));
  all.push_back(upgrade("keepOld, rolled back while a replica dies", 2 + more,
                        {Fault::Death, Fault::Verbs, Fault::Crash},
                        [](spec::ApplicationSpec& spec) { spec.rollout.keep_old = 5min; }));
  all.push_back(
      upgrade("keepOld", 1 + more, everything, [](spec::ApplicationSpec& spec) { spec.rollout.keep_old = 5min; }));
  all.push_back(upgrade("approval before migration", 1 + more, everything,
                        [](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeMigration; }));
  auto removable = everything;  // a wait without end, in which each try to remove would be a state of its own
  removable.erase(Fault::Unremovable);
  all.push_back(upgrade("approval before cutover", 1 + more, removable,
                        [](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeCutover; }));
  all.push_back(upgrade("onFailure: Pause", 1 + more, everything, pauses));
  const auto once = [](spec::ApplicationSpec& one) { one.migration.idempotent = false; };
  auto chain = upgrade("chain of three versions", 2 + more, {Fault::Edits, Fault::Crash, Fault::JobFailure}, once);
  chain.specs.push_back(spec("3", 1));
  once(chain.specs.back());
  all.push_back(chain);
  auto down = upgrade("scaled down", 2 + more, {Fault::Crash, Fault::Death, Fault::Forgetting, Fault::Sickness}, as_is);
  down.specs = {spec("1", 2), spec("1", 1)};
  all.push_back(down);
  auto scaled = upgrade("scaled while it upgrades", 1 + more, everything, two_replicas);
  scaled.specs.push_back(spec("2", 1));
  scaled.specs.push_back(spec("1", 3));
  all.push_back(scaled);
  return all;
}

}  // namespace

std::vector<Scene> scenes(bool deep, const std::string& only) {
  auto all = wide(deep ? 1 : 0);
  for (auto& scene : special(deep ? 1 : 0)) all.push_back(std::move(scene));
  std::erase_if(all, [&](const Scene& one) { return one.name.find(only) == std::string::npos; });
  return all;
}

}  // namespace teal::exploration
