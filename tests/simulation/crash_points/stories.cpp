#include <fmt/format.h>

#include "tests/simulation/crash_points/stories.hpp"

namespace teal::simulation {

using namespace std::chrono_literals;

void install(Theatre& theatre) {
  theatre.want("1");
  theatre.until_rest();
}

Story upgrade(std::string name, const std::function<void(ApplicationSpec&)>& change) {
  Story story;
  story.name = std::move(name);
  story.before = [change](Theatre& theatre) {
    change(theatre.stage.application.spec);
    install(theatre);
  };
  story.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until_rest();
  };
  story.version = "2";
  return story;
}

Story rolled_back(std::string name, const std::function<void(ApplicationSpec&)>& change,
                  std::function<void(Theatre&)> play) {
  auto story = upgrade(std::move(name), change);
  story.play = std::move(play);
  story.version = "1";
  story.phase = Phase::RolledBack;
  return story;
}

namespace {

void nothing(Theatre&) {}

void as_is(ApplicationSpec&) {}

// A job that ends by itself.
FakeEngine::Behaviour ends_with(int exit_code) {
  FakeEngine::Behaviour behaviour;
  behaviour.runs_for = 300ms;
  behaviour.exit_code = exit_code;
  return behaviour;
}

// … and one that does so only when it is asked to.
FakeEngine::Behaviour hangs() {
  FakeEngine::Behaviour behaviour;
  behaviour.stops_after = 200ms;
  behaviour.stop_exit_code = 143;
  return behaviour;
}

// Jobs of this image behave so from now on.
void script_job(Theatre& theatre, const std::string& image, FakeEngine::Behaviour behaviour) {
  theatre.stage.engine.script([image, behaviour](const ContainerSpec& spec) {
    if (spec.role == Role::Migrate && spec.image_id == image) return behaviour;
    FakeEngine::Behaviour usual;
    if (spec.role == Role::Migrate) usual.runs_for = 300ms;
    usual.stops_after = 50ms;
    return usual;
  });
}

void add_good_ways(std::vector<Story>& all) {
  Story first;
  first.name = "first install";
  first.before = nothing;
  first.play = install;
  first.version = "1";
  all.push_back(first);
  all.push_back(upgrade("upgrade", as_is));

  auto supersede = upgrade("supersede", as_is);
  supersede.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::Introducing);
    theatre.want("3");
    theatre.until_rest();
  };
  supersede.version = "3";
  all.push_back(supersede);

  auto early = upgrade("supersede while it migrates", as_is);
  early.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::Migrating);
    theatre.want("3");
    theatre.until_rest();
  };
  early.version = "3";
  all.push_back(early);

  auto death = upgrade("replica death", as_is);
  death.play = [](Theatre& theatre) {
    theatre.die("teal-shop-api-r1-0");
    theatre.until("the dead one is noticed", [&] { return theatre.record() && !theatre.record()->restarts.empty(); });
    theatre.until_rest();
  };
  death.version = "1";
  all.push_back(death);

  auto scale = upgrade("scale down and up", as_is);
  scale.play = [](Theatre& theatre) {
    theatre.edit([](ApplicationSpec& spec) { spec.components[0].replicas = 1; });
    theatre.until_rest();
    theatre.edit([](ApplicationSpec& spec) { spec.components[0].replicas = 2; });
    theatre.until_rest();
  };
  scale.version = "1";
  all.push_back(scale);

  auto again = upgrade("back and forth: an image is migrated once", as_is);
  again.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until_rest();
    theatre.want("1");
    theatre.until_rest();
  };
  again.version = "1";
  all.push_back(again);

  auto deletion = upgrade("deletion", as_is);
  deletion.play = [](Theatre& theatre) {
    theatre.remove();
    theatre.until_gone();
  };
  deletion.version = "";
  all.push_back(deletion);
}

void add_ways_back(std::vector<Story>& all) {
  all.push_back(rolled_back("failed migration", as_is, [](Theatre& theatre) {
    script_job(theatre, "id-shop:2", ends_with(1));
    theatre.want("2");
    theatre.until_rest();
  }));
  all.push_back(rolled_back("migration killed: its outcome is not known", as_is, [](Theatre& theatre) {
    script_job(theatre, "id-shop:2", ends_with(137));
    theatre.want("2");
    theatre.until_rest();
  }));
  all.push_back(rolled_back("engine restarts under a migration", as_is, [](Theatre& theatre) {
    theatre.want("2");
    theatre.until("a migration that runs", [&] {
      const auto& all_containers = theatre.stage.engine.containers();
      const auto job = all_containers.find("teal-shop-default-r2-1");
      return job != all_containers.end() && job->second.seen.state == ContainerState::Running;
    });
    theatre.stage.engine.end("teal-shop-default-r2-1", 0, false);
    theatre.until_rest();
  }));
  all.push_back(rolled_back(
      "migration that does not end", [](ApplicationSpec& spec) { spec.migration.timeout = 1s; },
      [](Theatre& theatre) {
        script_job(theatre, "id-shop:2", hangs());
        theatre.want("2");
        theatre.until_rest();
      }));
  all.push_back(rolled_back("failed health", as_is, [](Theatre& theatre) {
    theatre.stage.sick_images.insert("id-shop:2");
    theatre.want("2");
    theatre.until_rest();
  }));
  all.push_back(rolled_back("bake failure", as_is, [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::Verifying);
    theatre.stage.sick_images.insert("id-shop:2");
    theatre.until_rest();
  }));
  all.push_back(rolled_back("what is asked through the load balancer fails in a bake", as_is, [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::Verifying);
    theatre.stage.traffic_fails = true;
    theatre.until(Phase::RollingBack);
    const auto* record = theatre.record();
    if (record && record->outcome.failure_reason != Reason::HealthCheckFailed)
      theatre.complain("it is rolled back for " + std::string{to_string(record->outcome.failure_reason)} + " only");
    theatre.stage.traffic_fails = false;
    theatre.until_rest();
  }));
  all.push_back(rolled_back("abort", as_is, [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::Verifying);
    theatre.ask(Verb::Abort);
    theatre.until_rest();
  }));
  auto dependency = upgrade("a dependency of old and new goes down in a bake", as_is);
  dependency.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::Verifying);
    theatre.stage.sick_images = {"id-shop:1", "id-shop:2"};
    theatre.until("a hold", [&] { return theatre.record() && theatre.record()->standing.blame.whose == Blame::Whose::Shared; });
    theatre.stage.sick_images.clear();
    theatre.until_rest();
  };
  all.push_back(dependency);
  auto retried = rolled_back("retry after a failed migration", as_is, [](Theatre& theatre) {
    script_job(theatre, "id-shop:2", ends_with(1));
    theatre.want("2");
    theatre.until_rest();
    script_job(theatre, "id-shop:2", ends_with(0));
    theatre.ask(Verb::Retry);
    theatre.until_rest();
  });
  retried.version = "2";
  retried.phase = Phase::Complete;
  all.push_back(retried);
}

void add_special_ways(std::vector<Story>& all) {
  all.push_back(upgrade("Recreate", [](ApplicationSpec& spec) { spec.rollout.strategy = Strategy::Recreate; }));
  all.push_back(upgrade("StopFirst", [](ApplicationSpec& spec) { spec.components[1].replace = Replace::StopFirst; }));
  all.push_back(upgrade("keepOld", [](ApplicationSpec& spec) { spec.rollout.keep_old = 30s; }));
  auto approval = upgrade("approval before migration",
                          [](ApplicationSpec& spec) { spec.rollout.approval = Approval::BeforeMigration; });
  const auto approved = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(Phase::AwaitingApproval);
    theatre.ask(Verb::Approve);
    theatre.until_rest();
  };
  approval.before = [](Theatre& theatre) {
    install(theatre);
    theatre.edit([](ApplicationSpec& spec) { spec.rollout.approval = Approval::BeforeMigration; });
    theatre.until_rest();
  };
  approval.play = approved;
  all.push_back(approval);
  approval.name = "approval before cutover";
  approval.before = [](Theatre& theatre) {
    install(theatre);
    theatre.edit([](ApplicationSpec& spec) { spec.rollout.approval = Approval::BeforeCutover; });
    theatre.until_rest();
  };
  all.push_back(approval);

  auto paused = upgrade("onFailure: Pause, then retry",
                        [](ApplicationSpec& spec) { spec.rollout.on_failure = OnFailure::Pause; });
  paused.play = [](Theatre& theatre) {
    script_job(theatre, "id-shop:2", ends_with(1));
    theatre.want("2");
    theatre.until("a pause", [&] { return theatre.record() && theatre.record()->orders.paused; });
    script_job(theatre, "id-shop:2", ends_with(0));
    theatre.ask(Verb::Retry);
    theatre.until_rest();
  };
  all.push_back(paused);

  auto leak = upgrade("a migration credential that a component would hold", as_is);
  leak.play = [](Theatre& theatre) {
    theatre.edit([](ApplicationSpec& spec) {
      spec.version = "2";
      spec.components[1].env["DSN"] = ValueSource{ValueSource::Kind::File, "/etc/shop/migration_password", {}};
    });
    theatre.until_rest();
  };
  leak.version = "1";
  leak.phase = Phase::RolledBack;
  all.push_back(leak);
}

}  // namespace

std::vector<Story> stories() {
  std::vector<Story> all;
  add_good_ways(all);
  add_ways_back(all);
  add_special_ways(all);
  add_rollbacks(all);
  add_vendors_rules(all);
  add_analysis(all);
  add_strangers(all);
  add_job_ways(all);
  return all;
}

}  // namespace teal::simulation
