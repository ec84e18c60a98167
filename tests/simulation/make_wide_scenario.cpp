#include <array>
#include <string>

#include "tests/simulation/scenario.hpp"

namespace teal::simulation {

namespace {

using namespace std::chrono_literals;

// Two trains instead of five versions.
std::string in_trains(const std::string& version) {
  constexpr std::array<const char*, 5> names{"1.0", "1.1", "1.2", "2.0", "2.1"};
  return names[static_cast<std::size_t>(std::stoi(version) - 1) % names.size()];
}

spec::UpgradePolicy make_rules(Random& random) {
  spec::UpgradePolicy policy;
  if (!random.one_in(3)) policy.train = 1;
  policy.outside_train = static_cast<spec::OutsideTrain>(random.below(3));
  if (random.one_in(2)) policy.acknowledged = "2.0";
  if (random.one_in(3)) policy.stops = {random.one_in(2) ? "2.0" : "1.1"};
  return policy;
}

spec::Analysis make_analysis(Random& random) {
  spec::Analysis analysis;
  analysis.name = "errors";
  analysis.query = "$application $version";
  analysis.max = 0.01;
  analysis.interval = random.between(Duration{1s}, Duration{8s});
  analysis.failures = random.between(1, 3);
  analysis.on_no_data = static_cast<spec::OnNoData>(random.below(3));
  return analysis;
}

}  // namespace

Scenario widened(Scenario made) {
  Random random{made.seed, 4};
  made.wide = true;
  const auto away = random.between(Duration{0}, made.lasts);
  made.prometheus_away = {away, away + random.between(Duration{5s}, Duration{300s})};
  for (auto& plan : made.fleet) {
    const auto& name = plan.first.name;
    const auto rules = make_rules(random);
    const auto analysis = make_analysis(random);
    const bool analysed = random.one_in(2);
    const auto keep_old = random.one_in(2) ? random.between(Duration{30s}, Duration{300s}) : Duration{0};
    const auto widen = [&](spec::ApplicationSpec& spec) {
      spec.version = in_trains(spec.version);
      spec.upgrade_policy = rules;
      if (analysed) spec.rollout.analysis = {analysis};
      if (keep_old > Duration{0}) spec.rollout.keep_old = keep_old;
    };
    widen(plan.first.spec);
    for (auto& step : made.steps) {
      if (step.application != name) continue;
      if (step.kind == Step::Kind::Spec) widen(step.spec.spec);
      if (step.kind == Step::Kind::Verb && step.verb == records::Verb::Rollback && random.one_in(2))
        step.to_revision = random.between(1, 5);
    }
    const auto& migration = plan.first.spec.migration;
    const bool has_credential = migration.mode == spec::MigrationMode::Job && !migration.jobs.empty();
    for (int version = 2; version <= 5; ++version) {
      if (!random.one_in(4)) continue;
      const auto flaw = static_cast<Flaw>(random.below(5));
      if (flaw == Flaw::LeaksCredential && !has_credential) continue;
      made.flaws[{name, in_trains(std::to_string(version))}] = flaw;
      // A credential that cannot be read cannot be looked for either.
      if (flaw == Flaw::LeaksCredential) made.faults.erase(Fault::SecretMissing);
    }
    if (random.one_in(3)) made.taken_names.insert(spec::container_name(name, "api", random.between(2, 5), 0));
    if (random.one_in(6)) made.taken_names.insert(spec::container_name(name, "default", random.between(2, 5), 1));
  }
  return made;
}

}  // namespace teal::simulation
