// Hooks, the post-deployment step of a migration, and the walk over required stops, each interrupted at every call.
#include "tests/simulation/crash_points/stories.hpp"

namespace teal::simulation {
namespace {

using namespace std::chrono_literals;

spec::Job job_named(const std::string& name) {
  spec::Job job;
  job.name = name;
  job.command = {"./" + name};
  return job;
}

void with_contract(spec::ApplicationSpec& spec) {
  auto job = job_named("contract");
  job.phase = spec::JobPhase::AfterCutover;
  job.credentials["DB__PASSWORD"] =
      spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/migration_password", {}};
  spec.migration.jobs.push_back(job);
}

void with_hooks(spec::ApplicationSpec& spec) {
  spec.hooks.before_migration = {job_named("backup")};
  spec.hooks.after_migration = {job_named("grants")};
  spec.hooks.before_cutover = {job_named("smoke")};
  spec.hooks.after_cutover = {job_named("warm")};
  spec.hooks.on_rollback = {job_named("tell")};
}

// Jobs of this name end so, in whichever image; the others end well.
void let_end(Theatre& theatre, const std::string& name, int exit_code) {
  theatre.stage.engine.script([name, exit_code](const ports::ContainerSpec& spec) {
    test::FakeEngine::Behaviour behaviour;
    if (spec.role == world::Role::Migrate) behaviour.runs_for = 300ms;
    if (spec.unit == name) behaviour.exit_code = exit_code;
    behaviour.stops_after = 50ms;
    return behaviour;
  });
}

void hooks_that_fail(std::vector<Story>& all) {
  auto smoke = upgrade("a smoke test that fails", with_hooks);
  smoke.play = [](Theatre& theatre) {
    let_end(theatre, "smoke", 1);
    theatre.want("2");
    theatre.until_rest();
  };
  smoke.version = "1";
  smoke.phase = spec::Phase::RolledBack;
  all.push_back(smoke);

  // After the cutover the rollout holds, and goes on when it is asked to.
  auto held = upgrade("held after the cutover", [](spec::ApplicationSpec& spec) {
    with_hooks(spec);
    with_contract(spec);
  });
  held.play = [](Theatre& theatre) {
    let_end(theatre, "contract", 1);
    theatre.want("2");
    theatre.until("a hold", [&] { return theatre.record() && theatre.record()->orders.paused; });
    let_end(theatre, "contract", 0);
    theatre.ask(records::Verb::Retry);
    theatre.until_rest();
  };
  all.push_back(held);
}

}  // namespace

void add_job_ways(std::vector<Story>& all) {
  all.push_back(upgrade("upgrade with a post-deployment step", with_contract));
  all.push_back(upgrade("upgrade with hooks", with_hooks));
  hooks_that_fail(all);

  auto walk = upgrade("automatic hops", [](spec::ApplicationSpec& spec) {
    spec.upgrade_policy.stops = {"2"};
    spec.upgrade_policy.hops = spec::Hops::Automatic;
  });
  walk.play = [](Theatre& theatre) {
    theatre.want("3");
    theatre.until("the end of the walk", [&] {
      const auto* record = theatre.record();
      return record && record->standing.phase == spec::Phase::Complete && record->course.final_version.empty() &&
             record->course.active->application.spec.version == "3";
    });
    theatre.until_rest();
  };
  walk.version = "3";
  all.push_back(walk);
}

}  // namespace teal::simulation
