#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "tests/simulation/scenario.hpp"

namespace teal::simulation {

namespace {

using namespace std::chrono_literals;

spec::Component make_api(Random& random, const std::string& application) {
  spec::Component api;
  api.name = "api";
  api.replicas = random.between(1, 3);
  api.port = 8000;
  api.load_balancer = spec::LoadBalancerUse{random.one_in(3) ? "edge2" : "edge", application + "_api",
                                            random.between(Duration{1s}, Duration{60s})};
  api.stop.grace = random.between(Duration{0s}, Duration{60s});
  api.health.interval = random.between(Duration{1s}, Duration{5s});
  api.health.startup = random.between(Duration{20s}, Duration{90s});
  api.health.successes = random.between(1, 3);
  api.health.failures = random.between(1, 3);
  if (random.one_in(5)) api.replace = spec::Replace::StopFirst;
  api.env["DB__USER"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/" + application + "/user", {}};
  return api;
}

std::vector<spec::Component> make_components(Random& random, const std::string& application) {
  std::vector<spec::Component> all{make_api(random, application)};
  if (random.one_in(2)) {
    spec::Component worker;
    worker.name = "worker";
    worker.replicas = random.between(1, 2);
    worker.stop.grace = random.between(Duration{1s}, Duration{300s});
    if (random.one_in(3)) worker.replace = spec::Replace::StopFirst;
    all.push_back(worker);
  }
  if (random.one_in(4)) {
    auto web = make_api(random, application);
    web.name = "web-front";
    web.load_balancer->backend = application + "_web";
    all.push_back(web);
  }
  if (random.one_in(5)) {
    auto admin = make_api(random, application);
    admin.name = "admin";
    admin.replicas = 1;
    admin.load_balancer.reset();
    all.push_back(admin);
  }
  return all;
}

spec::Migration make_migration(Random& random, const std::string& application) {
  spec::Migration migration;
  migration.timeout = random.between(Duration{20s}, Duration{300s});
  migration.attempts = random.between(1, 3);
  migration.idempotent = random.one_in(2);
  if (random.one_in(8)) {
    migration.mode = spec::MigrationMode::ApplicationManaged;
    return migration;
  }
  const int jobs = random.between(0, 2);
  for (int i = 0; i < jobs; ++i) {
    spec::Job job;
    job.name = i == 0 ? "default" : "extra";
    job.command = {"./upgrade_schema.sh", "upgrade"};
    job.credentials["DB__PASSWORD"] =
        spec::ValueSource{spec::ValueSource::Kind::File, "/etc/" + application + "/migration_password", {}};
    migration.jobs.push_back(job);
  }
  return migration;
}

spec::RolloutPolicy make_policy(Random& random) {
  spec::RolloutPolicy policy;
  if (random.one_in(4)) policy.strategy = spec::Strategy::Recreate;
  if (random.one_in(4))
    policy.approval = random.one_in(2) ? spec::Approval::BeforeMigration : spec::Approval::BeforeCutover;
  policy.bake = random.between(Duration{0s}, Duration{60s});
  if (random.one_in(3)) policy.keep_old = random.between(Duration{1s}, Duration{300s});
  policy.deadline = random.between(Duration{60s}, Duration{600s});
  if (random.one_in(4)) policy.on_failure = spec::OnFailure::Pause;
  if (random.one_in(6)) {  // closed for half an hour at most, so that stories stay short
    const auto* zone = random.one_in(2) ? "Europe/Berlin" : "UTC";
    for (int hour = 0; hour < 24; hour += 2) {
      spec::Window window;
      window.from_minute = 60 * hour;
      window.to_minute = 60 * hour + 90;
      window.timezone = zone;
      policy.windows.push_back(window);
    }
  }
  return policy;
}

spec::Application make_application(Random& random, const std::string& name) {
  spec::Application application;
  application.name = name;
  auto& spec = application.spec;
  spec.version = "1";
  spec.image = name;
  if (random.one_in(4)) spec.pull_policy = spec::PullPolicy::Always;
  spec.components = make_components(random, name);
  spec.migration = make_migration(random, name);
  spec.rollout = make_policy(random);
  return application;
}

// One more edit of what is wanted.
void edit(Random& random, spec::ApplicationSpec& spec) {
  switch (random.below(10)) {
    case 0:
    case 1: {
      auto& component =
          spec.components[static_cast<std::size_t>(random.below(static_cast<int>(spec.components.size())))];
      component.replicas = random.between(1, 3);
      return;
    }
    case 2:
      spec.rollout = make_policy(random);
      return;
    case 3:
      spec.migration.idempotent = !spec.migration.idempotent;
      spec.migration.attempts = random.between(1, 3);
      return;
    case 4:
      if (spec.components.size() > 1) {
        spec.components.pop_back();
        return;
      }
      [[fallthrough]];
    default:
      spec.version = std::to_string(random.between(1, 5));
      return;
  }
}

Faults::Weights make_weights(Random& random) {
  Faults::Weights weights;
  const int share = random.between(1, 5);  // of six: some seeds have few faults, some nearly all
  // … and in some they are so rare that rollouts get through.
  const double rate = random.pick(std::vector<double>{0.03, 0.1, 0.3, 1.0});
  for (std::size_t i = 0; i < plain_faults; ++i) {
    const bool in = random.below(6) < share;
    const double weight = 0.25 * (1 << random.below(5));  // 0.25 … 4
    if (in) weights[static_cast<Fault>(i)] = weight * rate;
  }
  return weights;
}

}  // namespace

Scenario make_scenario(std::uint64_t seed) { return with_databases(make_plain_scenario(seed)); }

Scenario make_plain_scenario(std::uint64_t seed) {
  Random random{seed, 1};
  Scenario made;
  made.seed = seed;
  made.plain = true;
  made.lasts = random.between(Duration{5min}, Duration{40min});
  made.faults = make_weights(random);
  made.calm = random.one_in(3) ? Duration{0} : random.between(Duration{60s}, Duration{180s});
  const std::vector<std::string> names{"shop", "blog", "cash-desk"};
  const int fleet = random.one_in(3) ? random.between(2, 3) : 1;
  for (int i = 0; i < fleet; ++i) {
    Member plan;
    plan.first = make_application(random, names[static_cast<std::size_t>(i)]);
    plan.by_file = !random.one_in(3);
    made.fleet.push_back(plan);
    auto wanted = plan.first;
    auto before = wanted;
    const int steps = random.between(1, 8);
    for (int n = 0; n < steps; ++n) {
      Step step;
      step.application = plan.first.name;
      step.at = random.between(made.calm, made.lasts);
      made.steps.push_back(step);
    }
    for (int n = 0; n < 2 + steps; ++n) {
      Step step;
      step.application = plan.first.name;
      step.at = random.between(made.calm, made.lasts);
      step.kind = Step::Kind::Verb;
      step.verb = static_cast<records::Verb>(random.below(6));
      made.steps.push_back(step);
    }
    for (std::size_t position = 0; position < made.steps.size(); ++position)
      made.steps[position].number = static_cast<int>(position);
    std::ranges::sort(made.steps, {}, [](const Step& step) { return std::pair{step.at, step.number}; });
    for (auto& step : made.steps) step.number = 0;
    for (auto& step : made.steps) {
      if (step.application != plan.first.name || step.kind != Step::Kind::Spec) continue;
      const int kind = random.below(8);
      if (kind == 0) {
        step.kind = Step::Kind::Invalid;
        continue;
      }
      const auto last = wanted;
      if (kind == 1) {
        wanted = before;  // reverted
      } else {
        edit(random, wanted.spec);
      }
      before = last;
      step.spec = wanted;
    }
    if (!plan.by_file && random.one_in(5)) {
      Step step;
      step.application = plan.first.name;
      step.at = made.lasts;
      step.kind = Step::Kind::Delete;
      made.steps.push_back(step);
    }
  }
  int number = 0;
  for (auto& step : made.steps) step.number = ++number;
  return made;
}

std::string to_text(const Step& step) {
  switch (step.kind) {
    case Step::Kind::Spec: {
      std::string replicas;
      for (const auto& one : step.spec.spec.components) replicas += fmt::format(" {}×{}", one.name, one.replicas);
      return fmt::format("{}: wants {}{}", step.application, step.spec.spec.version, replicas);
    }
    case Step::Kind::Invalid:
      return step.application + ": a broken manifest";
    case Step::Kind::Verb: {
      constexpr std::array<std::string_view, 6> verbs{"approve", "pause", "resume", "abort", "retry", "rollback"};
      return fmt::format("{}: teal {}", step.application, verbs[static_cast<std::size_t>(step.verb)]);
    }
    case Step::Kind::Delete:
      return step.application + ": teal delete";
    case Step::Kind::Rotate:
      return step.application + ": its password is changed";
  }
  return "";
}

}  // namespace teal::simulation
