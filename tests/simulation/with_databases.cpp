// What makes a plain story one of databases: jobs that name theirs, post-deployment steps, hooks, changed secrets, and
// what goes wrong with all that. From a stream of its own, so that what was in the story before stays as it is.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/simulation/scenario.hpp"

namespace teal::simulation {

namespace {

using namespace std::chrono_literals;

spec::ValueSource file(const std::string& application, const std::string& name) {
  return {spec::ValueSource::Kind::File, "/etc/" + application + "/" + name, {}};
}

spec::DatabaseTarget make_target(const std::string& application, const std::string& name) {
  spec::DatabaseTarget target;
  target.host = "127.0.0.1";
  target.name = name;
  target.application = {file(application, "user"), file(application, "app_password")};
  target.migration = {file(application, "migration_user"), file(application, "migration_password")};
  return target;
}

// What is done beside the components, the same for each spec that it is put into.
struct Shape {
  std::optional<std::string> first_database;  // of the job "default"
  std::optional<std::string> other_database;  // of the job "extra"
  std::optional<spec::Job> contract;
  spec::Hooks hooks;
  bool strict = false;
};

std::vector<spec::Job> make_hooks(Random& random, const std::string& application, const std::string& name) {
  std::vector<spec::Job> hooks;
  const int count = random.one_in(3) ? random.between(1, 2) : 0;
  for (int i = 0; i < count; ++i) {
    spec::Job hook;
    hook.name = i == 0 ? name : name + "-more";
    hook.command = {"./" + name};
    hook.required = !random.one_in(3);
    if (random.one_in(2)) hook.credentials["PGPASSWORD"] = file(application, "hook_password");
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

Shape make_shape(Random& random, const std::string& application) {
  Shape shape;
  if (!random.one_in(4)) shape.first_database = application;
  if (!random.one_in(3)) shape.other_database = random.one_in(2) ? application : application + "_extra";
  if (random.one_in(3)) {
    spec::Job job;
    job.name = "contract";
    job.command = {"./upgrade_schema.sh", "contract"};
    job.phase = spec::JobPhase::AfterCutover;
    job.credentials["DB__PASSWORD"] = file(application, "migration_password");
    if (!random.one_in(3)) job.database = make_target(application, application);
    shape.contract = std::move(job);
  }
  auto& hooks = shape.hooks;
  hooks.before_migration = make_hooks(random, application, "backup");
  hooks.after_migration = make_hooks(random, application, "grants");
  hooks.before_cutover = make_hooks(random, application, "smoke");
  hooks.after_cutover = make_hooks(random, application, "warm");
  hooks.on_rollback = make_hooks(random, application, "tell");
  shape.strict = random.one_in(3);
  return shape;
}

void put_into(spec::ApplicationSpec& spec, const Shape& shape, const std::string& application) {
  spec.hooks = shape.hooks;
  auto& migration = spec.migration;
  if (migration.mode == spec::MigrationMode::ApplicationManaged) return;
  for (auto& job : migration.jobs) {
    const auto& database = job.name == "default" ? shape.first_database : shape.other_database;
    if (database) job.database = make_target(application, *database);
  }
  if (shape.contract) migration.jobs.push_back(*shape.contract);
  const bool all_named =
      std::ranges::all_of(migration.jobs, [](const spec::Job& job) { return job.database.has_value(); });
  migration.strict_credentials = shape.strict && all_named;
}

void add_weights(Random& random, Faults::Weights& weights) {
  const int share = random.between(1, 5);
  const double rate = random.pick(std::vector<double>{0.1, 0.3, 1.0, 1.0});
  for (auto i = plain_faults; i < fault_count; ++i) {
    const bool in = random.below(6) < share;
    const double weight = 0.25 * (1 << random.below(5));
    if (in) weights[static_cast<Fault>(i)] = weight * rate;
  }
}

Step make_step(Random& random, const Scenario& story, const std::string& application, Step::Kind kind) {
  Step step;
  step.application = application;
  step.at = random.between(story.calm, story.lasts);
  step.kind = kind;
  return step;
}

// The passwords of its users are read again, and each that changes is a new revision.
void follow_values(Random& random, Scenario& story, Member& member) {
  const auto& name = member.first.name;
  const auto follow = [&](spec::ApplicationSpec& spec) {
    spec.restart_on_change = true;
    spec.env["DB__PASSWORD"] = file(name, "app_password");
  };
  follow(member.first.spec);
  for (auto& step : story.steps) {
    if (step.application == name && step.kind == Step::Kind::Spec) follow(step.spec.spec);
  }
  for (int i = random.between(0, 3); i > 0; --i)
    story.steps.push_back(make_step(random, story, name, Step::Kind::Rotate));
}

void add_to(Random& random, Scenario& story, Member& member) {
  const auto& name = member.first.name;
  const auto before = make_shape(random, name);
  const auto after = random.one_in(3) ? make_shape(random, name) : before;
  const auto turn = random.between(Duration{0}, story.lasts);
  put_into(member.first.spec, before, name);
  for (auto& step : story.steps) {
    if (step.application == name && step.kind == Step::Kind::Spec)
      put_into(step.spec.spec, step.at < turn ? before : after, name);
  }
  if (random.one_in(4)) follow_values(random, story, member);
  // Gone and recreated: the store has forgotten what was migrated, the ledger has not.
  if (!member.by_file && random.one_in(3)) story.steps.push_back(make_step(random, story, name, Step::Kind::Delete));
}

}  // namespace

Scenario with_databases(Scenario story) {
  story.plain = false;
  Random random{story.seed, 5};
  if (random.one_in(3)) return story;
  add_weights(random, story.faults);
  for (auto& member : story.fleet) add_to(random, story, member);
  // What cannot be read cannot be masked either.
  story.talkative = random.one_in(2) && !story.faults.contains(Fault::SecretMissing);
  for (std::size_t i = 0; i < story.steps.size(); ++i) story.steps[i].number = static_cast<int>(i);
  std::ranges::sort(story.steps, {}, [](const Step& step) { return std::pair{step.at, step.number}; });
  int number = 0;
  for (auto& step : story.steps) step.number = ++number;
  return story;
}

}  // namespace teal::simulation
