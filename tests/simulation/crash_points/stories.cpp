#include <fmt/format.h>

#include "tests/simulation/crash_points/stories.hpp"

namespace teal::simulation {

using namespace std::chrono_literals;

void install(Theatre& theatre) {
  theatre.want("1");
  theatre.until_rest();
}

Story upgrade(std::string name, const std::function<void(spec::ApplicationSpec&)>& change) {
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

Story rolled_back(std::string name, const std::function<void(spec::ApplicationSpec&)>& change,
                  std::function<void(Theatre&)> play) {
  auto story = upgrade(std::move(name), change);
  story.play = std::move(play);
  story.version = "1";
  story.phase = spec::Phase::RolledBack;
  return story;
}

namespace {

void nothing(Theatre&) {}

void as_is(spec::ApplicationSpec&) {}

std::function<bool()> is_held_as_shared(Theatre& theatre) {
  return [&theatre] {
    return theatre.record() && theatre.record()->standing.blame.whose == records::Blame::Whose::Shared;
  };
}

// A job that ends by itself.
test::FakeEngine::Behaviour ends_with(int exit_code) {
  test::FakeEngine::Behaviour behaviour;
  behaviour.runs_for = 300ms;
  behaviour.exit_code = exit_code;
  return behaviour;
}

// … and one that does so only when it is asked to.
test::FakeEngine::Behaviour hangs() {
  test::FakeEngine::Behaviour behaviour;
  behaviour.stops_after = 200ms;
  behaviour.stop_exit_code = 143;
  return behaviour;
}

// Jobs of this image behave so from now on.
void script_job(Theatre& theatre, const std::string& image, test::FakeEngine::Behaviour behaviour) {
  theatre.stage.engine.script([image, behaviour](const ports::ContainerSpec& spec) {
    if (spec.role == world::Role::Migrate && spec.image_id == image) return behaviour;
    test::FakeEngine::Behaviour usual;
    if (spec.role == world::Role::Migrate) usual.runs_for = 300ms;
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
    theatre.until(spec::Phase::Introducing);
    theatre.want("3");
    theatre.until_rest();
  };
  supersede.version = "3";
  all.push_back(supersede);

  auto early = upgrade("supersede while it migrates", as_is);
  early.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(spec::Phase::Migrating);
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

  auto hung = upgrade("a replica hangs and its load balancer does not notice", as_is);
  hung.play = [](Theatre& theatre) {
    const auto takes_traffic = [&theatre] {
      for (const auto& server : theatre.stage.servers()) {
        if (server.name == "teal-shop-api-r1-0" && server.up) return true;
      }
      return false;
    };
    theatre.hang("teal-shop-api-r1-0");
    theatre.until("what hangs is out of traffic", [&] { return !takes_traffic(); });
    theatre.stage.hung.clear();
    theatre.until("what answers again is back", takes_traffic);
    theatre.until_rest();
  };
  hung.version = "1";
  all.push_back(hung);

  auto scale = upgrade("scale down and up", as_is);
  scale.play = [](Theatre& theatre) {
    theatre.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 1; });
    theatre.until_rest();
    theatre.edit([](spec::ApplicationSpec& spec) { spec.components[0].replicas = 2; });
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
      return job != all_containers.end() && job->second.seen.state == world::ContainerState::Running;
    });
    theatre.stage.engine.end("teal-shop-default-r2-1", 0, false);
    theatre.until_rest();
  }));
  all.push_back(rolled_back(
      "migration that does not end", [](spec::ApplicationSpec& spec) { spec.migration.timeout = 1s; },
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
    theatre.until(spec::Phase::Verifying);
    theatre.stage.sick_images.insert("id-shop:2");
    theatre.until_rest();
  }));
  all.push_back(rolled_back("what is asked through the load balancer fails in a bake", as_is, [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(spec::Phase::Verifying);
    theatre.stage.traffic_fails = true;
    theatre.until(spec::Phase::RollingBack);
    const auto* record = theatre.record();
    if (record && record->outcome.failure_reason != spec::Reason::HealthCheckFailed)
      theatre.complain("it is rolled back for " + std::string{to_string(record->outcome.failure_reason)} + " only");
    theatre.stage.traffic_fails = false;
    theatre.until_rest();
  }));
  all.push_back(rolled_back("abort", as_is, [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(spec::Phase::Verifying);
    theatre.ask(records::Verb::Abort);
    theatre.until_rest();
  }));
  auto dependency = upgrade("a dependency of old and new goes down in a bake", as_is);
  dependency.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(spec::Phase::Verifying);
    theatre.stage.sick_images = {"id-shop:1", "id-shop:2"};
    theatre.until("a hold", is_held_as_shared(theatre));
    theatre.stage.sick_images.clear();
    theatre.until_rest();
  };
  all.push_back(dependency);
  dependency.name = "a dependency of old and new goes down in a bake, and the new take longer to recover";
  dependency.play = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(spec::Phase::Verifying);
    theatre.stage.sick_images = {"id-shop:1", "id-shop:2"};
    theatre.until("a hold", is_held_as_shared(theatre));
    theatre.stage.sick_images = {"id-shop:2"};
    const auto recovered = theatre.stage.clock.time + 30s;  // longer than a round of checks, shorter than their start
    theatre.until("their recovery", [&] { return theatre.stage.clock.time > recovered; });
    theatre.stage.sick_images.clear();
    theatre.until_rest();
  };
  all.push_back(dependency);
  auto retried = rolled_back("retry after a failed migration", as_is, [](Theatre& theatre) {
    script_job(theatre, "id-shop:2", ends_with(1));
    theatre.want("2");
    theatre.until_rest();
    script_job(theatre, "id-shop:2", ends_with(0));
    theatre.ask(records::Verb::Retry);
    theatre.until_rest();
  });
  retried.version = "2";
  retried.phase = spec::Phase::Complete;
  all.push_back(retried);
}

void add_special_ways(std::vector<Story>& all) {
  all.push_back(
      upgrade("Recreate", [](spec::ApplicationSpec& spec) { spec.rollout.strategy = spec::Strategy::Recreate; }));
  all.push_back(
      upgrade("StopFirst", [](spec::ApplicationSpec& spec) { spec.components[1].replace = spec::Replace::StopFirst; }));
  all.push_back(upgrade("keepOld", [](spec::ApplicationSpec& spec) { spec.rollout.keep_old = 30s; }));
  auto approval = upgrade("approval before migration",
                          [](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeMigration; });
  const auto approved = [](Theatre& theatre) {
    theatre.want("2");
    theatre.until(spec::Phase::AwaitingApproval);
    theatre.ask(records::Verb::Approve);
    theatre.until_rest();
  };
  approval.before = [](Theatre& theatre) {
    install(theatre);
    theatre.edit([](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeMigration; });
    theatre.until_rest();
  };
  approval.play = approved;
  all.push_back(approval);
  approval.name = "approval before cutover";
  approval.before = [](Theatre& theatre) {
    install(theatre);
    theatre.edit([](spec::ApplicationSpec& spec) { spec.rollout.approval = spec::Approval::BeforeCutover; });
    theatre.until_rest();
  };
  all.push_back(approval);

  auto paused = upgrade("onFailure: Pause, then retry",
                        [](spec::ApplicationSpec& spec) { spec.rollout.on_failure = spec::OnFailure::Pause; });
  paused.play = [](Theatre& theatre) {
    script_job(theatre, "id-shop:2", ends_with(1));
    theatre.want("2");
    theatre.until("a pause", [&] { return theatre.record() && theatre.record()->orders.paused; });
    script_job(theatre, "id-shop:2", ends_with(0));
    theatre.ask(records::Verb::Retry);
    theatre.until_rest();
  };
  all.push_back(paused);

  auto leak = upgrade("a migration credential that a component would hold", as_is);
  leak.play = [](Theatre& theatre) {
    theatre.edit([](spec::ApplicationSpec& spec) {
      spec.version = "2";
      spec.components[1].env["DSN"] =
          spec::ValueSource{spec::ValueSource::Kind::File, "/etc/shop/migration_password", {}};
    });
    theatre.until_rest();
  };
  leak.version = "1";
  leak.phase = spec::Phase::RolledBack;
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
  add_memory_losses(all);
  add_strangers(all);
  add_job_ways(all);
  return all;
}

}  // namespace teal::simulation
