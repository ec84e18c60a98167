#include "manifests/spec/diff.hpp"

#include <gmock/gmock.h>

#include <functional>

#include "tests/unit/manifests/manifest_text.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

spec::Application full() { return test::parsed(test::read_example("full.yaml")); }

struct Change {
  std::string name;
  spec::ChangeKind kind;
  std::function<void(spec::ApplicationSpec&)> make;
};

std::vector<Change> changes() {
  using Kind = spec::ChangeKind;
  using Spec = spec::ApplicationSpec;
  return {
      {"Nothing", Kind::None, [](Spec&) {}},
      {"Replicas", Kind::InPlace, [](Spec& s) { s.components[0].replicas = 3; }},
      {"Bake", Kind::InPlace, [](Spec& s) { s.rollout.bake = 1s; }},
      {"Analysis", Kind::InPlace, [](Spec& s) { s.rollout.analysis.clear(); }},
      {"Windows", Kind::InPlace, [](Spec& s) { s.rollout.windows.clear(); }},
      {"Train", Kind::InPlace, [](Spec& s) { s.upgrade_policy.train = 3; }},
      {"Acknowledged", Kind::InPlace, [](Spec& s) { s.upgrade_policy.acknowledged = "2026"; }},
      {"Suspend", Kind::InPlace, [](Spec& s) { s.suspend = true; }},
      {"Adopt", Kind::InPlace, [](Spec& s) { s.adopt.emplace().stop = true; }},
      {"RestartOnChange", Kind::InPlace, [](Spec& s) { s.restart_on_change = true; }},
      {"PullPolicy", Kind::InPlace, [](Spec& s) { s.pull_policy = spec::PullPolicy::Always; }},
      {"MigrationTimeout", Kind::InPlace, [](Spec& s) { s.migration.timeout = 1min; }},
      {"Attempts", Kind::InPlace, [](Spec& s) { s.migration.attempts = 1; }},
      {"Idempotent", Kind::InPlace, [](Spec& s) { s.migration.idempotent = false; }},
      {"StrictCredentials", Kind::InPlace, [](Spec& s) { s.migration.strict_credentials = true; }},
      {"Version", Kind::NewRevision, [](Spec& s) { s.version = "2025.2.2"; }},
      {"Image", Kind::NewRevision, [](Spec& s) { s.image = "other"; }},
      {"Engine", Kind::NewRevision, [](Spec& s) { s.engine = "other"; }},
      {"EnvFiles", Kind::NewRevision, [](Spec& s) { s.env_files.clear(); }},
      {"Env", Kind::NewRevision, [](Spec& s) { s.env["X"].text = "y"; }},
      {"EnvSource", Kind::NewRevision, [](Spec& s) { s.env["DB__USER"].kind = spec::ValueSource::Kind::Environment; }},
      {"MigrationMode", Kind::NewRevision, [](Spec& s) { s.migration.mode = spec::MigrationMode::ApplicationManaged; }},
      {"JobCommand", Kind::NewRevision, [](Spec& s) { s.migration.jobs[0].command.emplace_back("x"); }},
      {"JobPhase", Kind::NewRevision, [](Spec& s) { s.migration.jobs[1].phase = spec::JobPhase::BeforeStart; }},
      {"JobCredentials", Kind::NewRevision, [](Spec& s) { s.migration.jobs[0].credentials.clear(); }},
      {"JobDatabase", Kind::NewRevision, [](Spec& s) { s.migration.jobs[0].database->port = 1; }},
      {"ComponentName", Kind::NewRevision, [](Spec& s) { s.components[0].name = "x"; }},
      {"ComponentCommand", Kind::NewRevision, [](Spec& s) { s.components[0].command = {"x"}; }},
      {"ComponentEnv", Kind::NewRevision, [](Spec& s) { s.components[0].env.clear(); }},
      {"AsFiles", Kind::NewRevision, [](Spec& s) { s.components[0].secrets_as_files = false; }},
      {"Port", Kind::NewRevision, [](Spec& s) { s.components[0].port = 9; }},
      {"HealthInterval", Kind::NewRevision, [](Spec& s) { s.components[0].health.interval = 9s; }},
      {"HealthExpectation", Kind::NewRevision, [](Spec& s) { s.components[0].health.expected_json.clear(); }},
      {"HealthStatus", Kind::NewRevision, [](Spec& s) { s.components[0].health.expected_status.last = 204; }},
      {"Backend", Kind::NewRevision, [](Spec& s) { s.components[0].load_balancer->backend = "x"; }},
      {"NoLoadBalancer", Kind::NewRevision, [](Spec& s) { s.components[0].load_balancer.reset(); }},
      {"Drain", Kind::NewRevision, [](Spec& s) { s.components[0].load_balancer->drain = 1s; }},
      {"Grace", Kind::NewRevision, [](Spec& s) { s.components[0].stop.grace = 1s; }},
      {"Memory", Kind::NewRevision, [](Spec& s) { s.components[0].resources.memory_bytes.reset(); }},
      {"Cpus", Kind::NewRevision, [](Spec& s) { s.components[0].resources.cpus = 2; }},
      {"NoNewPrivileges", Kind::NewRevision, [](Spec& s) { s.components[0].security.no_new_privileges = false; }},
      {"User", Kind::NewRevision, [](Spec& s) { s.components[0].security.user = "2000"; }},
      {"Capabilities", Kind::NewRevision, [](Spec& s) { s.components[0].security.add.clear(); }},
      {"JobSecurity", Kind::NewRevision, [](Spec& s) { s.migration.jobs[0].security.pids = 7; }},
      {"HookSecurity", Kind::NewRevision, [](Spec& s) { s.hooks.before_cutover[0].security.pids = 7; }},
      {"ExecEnvironment", Kind::NewRevision, [](Spec& s) { s.env["LICENSE"].env["LICENSE_SERVER"].text = "x"; }},
      {"Mounts", Kind::NewRevision, [](Spec& s) { s.components[0].mounts[0].read_only = false; }},
      {"Replace", Kind::NewRevision, [](Spec& s) { s.components[1].replace = spec::Replace::Overlap; }},
      {"NewComponent", Kind::NewRevision, [](Spec& s) { s.components.emplace_back().name = "new"; }},
      {"Hooks", Kind::NewRevision, [](Spec& s) { s.hooks.on_rollback.clear(); }},
      {"HookRequired", Kind::NewRevision, [](Spec& s) { s.hooks.on_rollback[0].required = true; }},
  };
}

class Classification : public testing::TestWithParam<Change> {};

TEST_P(Classification, AgreesWithTheHashAndTheDiff) {
  const auto before = full();
  auto after = before;
  GetParam().make(after.spec);
  EXPECT_EQ(spec::classify(before.spec, after.spec), GetParam().kind);
  EXPECT_EQ(spec::classify(after.spec, before.spec), GetParam().kind);
  EXPECT_EQ(spec::template_hash(before.spec) == spec::template_hash(after.spec),
            GetParam().kind != spec::ChangeKind::NewRevision);
  EXPECT_EQ(spec::diff(before, after).empty(), GetParam().kind == spec::ChangeKind::None);
}

INSTANTIATE_TEST_SUITE_P(Diff, Classification, testing::ValuesIn(changes()),
                         [](const auto& test_info) { return test_info.param.name; });

TEST(TemplateHash, IsAStableHexSha256) {
  const auto hash = spec::template_hash(full().spec);
  EXPECT_EQ(hash.size(), 64U);
  EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_EQ(hash, spec::template_hash(full().spec));
}

TEST(Diff, NamesEachChangeForPeople) {
  const auto before = full();
  auto after = before;
  after.labels["team"] = "sales";
  after.spec.version = "2025.2.2";
  after.spec.env.erase("LICENSE");
  after.spec.components[0].replicas = 3;
  after.spec.components[1].name = "jobs";
  after.spec.rollout.bake = 90s;
  after.spec.upgrade_policy.acknowledged.reset();
  EXPECT_THAT(spec::diff(before, after),
              ElementsAre(spec::FieldChange{"metadata.labels.team", "learning", "sales"},
                          spec::FieldChange{"spec.version", "2025.2.1", "2025.2.2"},
                          spec::FieldChange{"spec.env.LICENSE", "(output of /usr/local/bin/license)", "(none)"},
                          spec::FieldChange{"spec.components[api].replicas", "2", "3"},
                          spec::FieldChange{"spec.components[worker]", "(present)", "(none)"},
                          spec::FieldChange{"spec.components[jobs]", "(none)", "(new)"},
                          spec::FieldChange{"spec.rollout.bake", "30s", "1m30s"},
                          spec::FieldChange{"spec.upgradePolicy.acknowledged", "2025.3", "(none)"}));
  EXPECT_THAT(spec::diff(before, before), IsEmpty());
}

TEST(Diff, NamesANewOrderOfNamedThings) {
  const auto before = full();
  auto after = before;
  std::swap(after.spec.components[0], after.spec.components[1]);
  EXPECT_THAT(spec::diff(before, after),
              ElementsAre(spec::FieldChange{"spec.components", "api, worker", "worker, api"}));
}

TEST(Diff, NeverShowsASecret) {
  const auto before = full();
  auto after = before;
  auto& credentials = after.spec.migration.jobs[0].credentials;
  credentials["DB__PASSWORD"] = {spec::ValueSource::Kind::Literal, "hunter2", {}};
  credentials["DB__USER"].text = "/etc/other";
  after.spec.migration.jobs[0].command = {"install", "postgres://a:hunter2@b"};
  after.spec.env["URL"] = {spec::ValueSource::Kind::Literal, "postgres://a:hunter2@b", {}};
  EXPECT_THAT(
      spec::diff(before, after),
      ElementsAre(spec::FieldChange{"spec.env.URL", "(none)", "postgres://a:***@b"},
                  spec::FieldChange{"spec.migration.jobs[default].command", R"(["./upgrade_schema.sh","upgrade"])",
                                    R"(["install","postgres://a:***@b"])"},
                  spec::FieldChange{"spec.migration.jobs[default].credentials.DB__PASSWORD",
                                    "(file /etc/generator/migration_password)", "(written in the manifest)"},
                  spec::FieldChange{"spec.migration.jobs[default].credentials.DB__USER",
                                    "(file /etc/generator/migration_user)", "(file /etc/other)"}));
  auto another = after;
  another.spec.migration.jobs[0].credentials["DB__PASSWORD"].text = "hunter3";
  EXPECT_THAT(spec::diff(after, another),
              ElementsAre(spec::FieldChange{"spec.migration.jobs[default].credentials.DB__PASSWORD",
                                            "(written in the manifest)", "(written in the manifest)"}));
}

TEST(Diff, SeesThatASecretChangedAndShowsNeither) {
  auto before = full();
  before.spec.env["API_KEY"] = {spec::ValueSource::Kind::Literal, "hunter2", {}};
  before.spec.env["LICENSE"].command = {"/usr/local/bin/license", "--key", "hunter2"};
  before.spec.components[0].command = {"serve", "--token", "hunter2"};
  auto after = before;
  after.spec.env["API_KEY"].text = "hunter3";
  after.spec.env["LICENSE"].command[2] = "hunter3";
  after.spec.components[0].command[2] = "hunter3";
  EXPECT_THAT(spec::diff(before, after),
              ElementsAre(spec::FieldChange{"spec.env.API_KEY", "***", "***"},
                          spec::FieldChange{"spec.env.LICENSE", "(output of /usr/local/bin/license)",
                                            "(output of /usr/local/bin/license)"},
                          spec::FieldChange{"spec.components[api].command", R"(["serve","--token","***"])",
                                            R"(["serve","--token","***"])"}));
}

}  // namespace
}  // namespace teal::test
