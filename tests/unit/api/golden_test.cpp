// The API's answers to the letter, as they stand in golden/: what scripts, the page and older command lines read. A
// field that is added changes a file here; one that is renamed, moved or left out breaks somebody. Specs are left out:
// they have tests of their own (tests/unit/manifests).
#include <gmock/gmock.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "manifests/wire/json_text.hpp"
#include "tests/unit/api/api_fixture.hpp"

namespace teal::test {
namespace {

namespace json = boost::json;

Time at(int seconds) { return Time{Duration{1700000000000 + seconds * 1000}}; }

std::string golden(const std::string& name) {
  const std::ifstream file{std::string{TEAL_SOURCE_DIR} + "/tests/unit/api/golden/" + name + ".json"};
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// With no more of its spec than the version.
json::object without_spec(json::object application) {
  const auto version = application.at("spec").at("version");
  application["spec"] = json::object{{"version", version}};
  return application;
}

records::JobRecord job_with_a_database() {
  records::JobRecord job;
  job.job = "default";
  job.state = records::JobState::Succeeded;
  job.attempts = 2;
  job.exit_code = 0;
  job.detail = "the first attempt was cut off";
  job.started_at = at(2);
  job.finished_at = at(9);
  job.database.locked = true;
  job.database.holder = "process 4711 (user dba, psql)";
  job.database.ledger_row = 12;
  job.database.fingerprint_before = "aaa";
  job.database.fingerprint_after = "bbb";
  job.database.checked_at = at(1);
  job.database.findings = {{"FreeConnections", spec::Reason::named("FewLeft"), "3 connections are left", false, true}};
  return job;
}

objects::Evidence sample_evidence() {
  objects::Evidence evidence;
  evidence.at = at(60);
  evidence.reason = spec::Reason::named("HealthCheckFailed");
  objects::ContainerEvidence replica;
  replica.container = "teal-shop-api-r8-0";
  replica.unit = "api";
  replica.revision = 8;
  replica.state = "Exited";
  replica.exit_code = 137;
  replica.exit_witnessed = true;
  replica.out_of_memory = true;
  replica.engine_error = "OOM";
  replica.security = "read-only";
  replica.answer = "503: database unreachable";
  replica.body = "no";
  replica.failures = 3;
  replica.started_at = at(20);
  replica.finished_at = at(50);
  objects::ContainerEvidence job;
  job.container = "teal-shop-default-r8-1";
  job.unit = "default";
  job.job = true;
  job.revision = 8;
  job.state = "Running";
  evidence.containers = {replica, job};
  evidence.servers = {{"edge", "shop_api", "teal-shop-api-r8-0", "Down", "L7STS 503", 2, 3, true},
                      {"edge", "shop_api", "teal-shop-api-r7-0", "Up", "", 4, 0, false}};
  evidence.load_balancer_problems = {"front does not answer"};
  evidence.traffic = "503";
  return evidence;
}

// With everything in it that a rollout can have.
records::RolloutRecord full_rollout() {
  auto record = sample_rollout("shop", 8);
  auto& spec = record.course.target.application.spec;
  spec.migration.jobs = {spec::Job{}, spec::Job{}};
  spec.migration.jobs[0].name = "default";
  spec.migration.jobs[1].name = "contract";
  spec.migration.jobs[1].phase = spec::JobPhase::AfterCutover;
  spec.hooks.before_cutover = {spec::Job{}};
  spec.hooks.before_cutover[0].name = "warm";
  spec.hooks.before_cutover[0].required = true;
  records::JobRecord contract;
  contract.job = "contract";
  records::JobRecord warm;
  warm.job = "warm";
  warm.state = records::JobState::Failed;
  warm.attempts = 1;
  warm.exit_code = 1;
  warm.database.checked_at = at(1);
  record.jobs = {job_with_a_database(), contract};
  record.hooks = {warm};
  record.standing.phase = spec::Phase::RolledBack;
  record.standing.phases[1].finished_at = at(9);
  record.outcome.reason = spec::Reason::named("RolledBack");
  record.outcome.message = "1.0.0 serves";
  record.outcome.failure_reason = spec::Reason::named("HealthCheckFailed");
  record.outcome.failure = "api replica 0 failed";
  record.outcome.finished_at = at(70);
  record.outcome.evidence = sample_evidence();
  record.course.requested_by = "ann (unix peer, unix:/run/teal/teal.sock)";
  record.course.final_version = "1.2.0";
  record.course.back = records::RollbackOrigin{5, "ann", "the schema stays as it is", sample_application("shop")};
  record.orders.retry = true;
  record.pull = objects::PullProgress{3, 4, 1000, 2000};
  record.traffic.latency.add(std::chrono::microseconds{1500});
  record.traffic.errors = {{"api", 2}, {"web", 1}};
  objects::AnalysisRecord analysis;
  analysis.name = "error-rate";
  analysis.value = 0.02;
  analysis.limit = "max 0.01";
  analysis.state = objects::AnalysisState::Failing;
  analysis.failures = 3;
  analysis.answer = "0.02";
  analysis.at = at(55);
  record.analysis = {analysis, objects::AnalysisRecord{}};
  return record;
}

objects::Plan full_plan() {
  objects::Plan plan;
  plan.application = "shop";
  plan.from_version = "1.0.0";
  plan.to_version = "1.1.0";
  plan.revision = 8;
  plan.summary = "1.0.0 → 1.1.0: 1 migration job";
  plan.changes = {{"spec.version", "1.0.0", "1.1.0"}};
  plan.steps = {{"Migrating", "RunMigration", "teal-shop-default-r8-1", "run the job default"}};
  plan.policy = {true, "BlueGreen", "within the train"};
  plan.way = {"1.1.0", "1.2.0"};
  objects::PlanJob job;
  job.job = "default";
  job.point = "BeforeStart";
  job.container = "teal-shop-default-r8-1";
  job.command = "./upgrade_schema.sh";
  job.user = "migration";
  job.database = "shop at 127.0.0.1:5432";
  job.credentials = {"DB__USER", "DB__PASSWORD"};
  objects::PlanJob hook;
  hook.job = "warm";
  hook.point = "beforeCutover";
  hook.is_hook = true;
  hook.required = false;
  hook.needed = false;
  hook.done = "by revision 7";
  plan.jobs = {job, hook};
  plan.timed_revision = 7;
  plan.last_time = {{"Migrating", Duration{2150}}, {"Starting", Duration{3000}}};
  plan.findings = {"the image is not here yet"};
  return plan;
}

class GoldenAnswers : public ApiTest {
 protected:
  void SetUp() override {
    ApiTest::SetUp();
    start();
  }
  void append(std::vector<records::Event> events, std::vector<records::AuditEntry> entries) {
    on_loop([&] {
      boost::asio::co_spawn(loop_, store_.append(ports::CommitEntries{std::move(events), std::move(entries)}),
                            boost::asio::detached);
    });
  }
  static void expect(const Answer& answer, const std::string& name) {
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, golden(name)) << name;
  }
};

// The fields of an answer that OpenAPI does not have.
class Undescribed {
 public:
  explicit Undescribed(const json::object& schemas) : schemas_(schemas) {}

  std::vector<std::string> in(const json::value& answer) {
    found_.clear();
    const auto kind = answer.at("kind").as_string();
    look(answer, {{"$ref", "#/components/schemas/" + std::string{kind}}}, std::string{kind});
    return found_;
  }

 private:
  json::object resolved(const json::object& schema) const {
    if (const auto* all = schema.if_contains("allOf")) {
      auto out = schema;
      for (const auto& [key, value] : resolved(all->at(0).as_object())) out[key] = value;
      return out;
    }
    const auto* reference = schema.if_contains("$ref");
    if (reference == nullptr) return schema;
    const std::string target{reference->as_string()};
    return resolved(schemas_.at(target.substr(target.rfind('/') + 1)).as_object());
  }
  void look(const json::value& value, const json::object& unresolved, const std::string& path) {
    const auto schema = resolved(unresolved);
    if (schema.contains("anyOf")) return;  // a value's sources
    if (const auto* object = value.if_object()) {
      const auto* fields = schema.if_contains("properties");
      const auto* others = schema.if_contains("additionalProperties");
      for (const auto& [key, member] : *object) {
        const auto* field = fields == nullptr ? nullptr : fields->as_object().if_contains(key);
        const auto* known = field != nullptr ? field : others;
        const auto where = path + "." + std::string{key};
        if (known == nullptr) found_.push_back(where);
        if (known != nullptr && known->is_object()) look(member, known->as_object(), where);
      }
    }
    if (const auto* array = value.if_array()) {
      const auto* items = schema.if_contains("items");
      if (items == nullptr) return found_.push_back(path + "[]");
      for (const auto& item : *array) look(item, items->as_object(), path + "[]");
    }
  }

  const json::object& schemas_;
  std::vector<std::string> found_;
};

TEST_F(GoldenAnswers, AreInOpenApiToTheLastField) {
  const auto document = get("/openapi/v3").json();
  Undescribed undescribed{document.at("components").at("schemas").as_object()};
  std::size_t answers = 0;
  for (const auto& file :
       std::filesystem::directory_iterator{std::string{TEAL_SOURCE_DIR} + "/tests/unit/api/golden"}) {
    const auto name = file.path().stem().string();
    EXPECT_THAT(undescribed.in(json::parse(golden(name))), testing::IsEmpty()) << name;
    ++answers;
  }
  EXPECT_GE(answers, 15u);
  publish("shop");
  const auto whole = get("/apis/teal/v1/applications/shop").json();
  EXPECT_GT(whole.at("spec").as_object().size(), 5u);
  EXPECT_THAT(undescribed.in(whole), testing::IsEmpty());
  auto newer = json::parse(golden("rollout"));
  newer.at_pointer("/status/migration/0").as_object()["later"] = 1;
  newer.as_object()["later"] = json::object{};
  EXPECT_THAT(undescribed.in(newer), testing::ElementsAre("Rollout.status.migration[].later", "Rollout.later"));
}

TEST_F(GoldenAnswers, OfAnApplication) {
  publish("shop", "all is well", "/etc/teal/manifests/shop.yaml");
  auto one = get("/apis/teal/v1/applications/shop");
  one.body = wire::json_text(without_spec(one.json().as_object())) + "\n";
  expect(one, "application");
  auto all = get("/apis/teal/v1/applications");
  auto list = all.json();
  for (auto& item : list.at("items").as_array()) item = without_spec(std::move(item.as_object()));
  all.body = wire::json_text(list) + "\n";
  expect(all, "applications");
}

TEST_F(GoldenAnswers, OfAnApplicationThatCannotBeRead) {
  spec::Application unreadable;
  unreadable.name = "shop";
  publish(unreadable);
  expect(get("/apis/teal/v1/applications/shop"), "unreadable_application");
}

TEST_F(GoldenAnswers, OfARollout) {
  commit(full_rollout());
  expect(get("/apis/teal/v1/rollouts/shop-8"), "rollout");
  expect(get("/apis/teal/v1/rollouts"), "rollouts");
}

TEST_F(GoldenAnswers, OfARolloutThatHasJustBegun) {
  records::RolloutRecord record;
  record.application = "shop";
  record.course.target.number = 1;
  record.course.target.application = sample_application("shop");
  record.started_at = at(0);
  commit(record);
  expect(get("/apis/teal/v1/rollouts/shop-1"), "rollout_begun");
}

TEST_F(GoldenAnswers, OfEvents) {
  append({{at(1), true, spec::Reason::HealthCheckFailed, "api replica 0 failed", "shop", "Rollout/shop-8"},
          {at(2), false, spec::Reason::named("Saved"), "shop.yaml was saved", "shop", "shop"}},
         {});
  expect(get("/apis/teal/v1/events"), "events");
}

TEST_F(GoldenAnswers, OfTheAudit) {
  records::AuditEntry update;
  update.time = at(1);
  update.by = records::Requester{"ann"};
  update.by.proof = "unix peer";
  update.by.from = "unix:/run/teal/teal.sock";
  update.by.method = "PUT";
  update.by.path = "/apis/teal/v1/applications/shop";
  update.by.reason = "CHG-1";
  update.application = "shop";
  update.action = "update";
  update.generation_before = 3;
  update.generation_after = 4;
  update.patch = R"([{"op":"replace","path":"/spec/version","value":"1.1"},{"op":"remove","path":"/spec/env/A"}])";
  records::AuditEntry denied;
  denied.time = at(2);
  denied.by = records::Requester{"anonymous"};
  denied.by.method = "POST";
  denied.by.path = "/apis/teal/v1/applications/shop/retry";
  denied.outcome = records::AuditOutcome::Denied;
  denied.status = 403;
  denied.count = 37;
  append({}, {update, denied});
  expect(get("/apis/teal/v1/audit"), "audit");
}

TEST_F(GoldenAnswers, OfAPlan) {
  on_loop([&] { control_.planned = full_plan(); });
  expect(call("POST", "/apis/teal/v1/applications/shop/plan"), "plan");
  on_loop([&] {
    control_.planned.policy = {false, "", "read the release notes of 1.1 first"};
    control_.planned.jobs.clear();
  });
  expect(call("POST", "/apis/teal/v1/applications/shop/plan"), "plan_blocked");
  on_loop([&] {
    control_.planned = objects::Plan{};
    control_.planned.application = "shop";
  });
  expect(call("POST", "/apis/teal/v1/applications/shop/plan"), "plan_of_nothing");
}

TEST_F(GoldenAnswers, OfAPreflight) {
  publish("shop");
  on_loop([&] {
    control_.preflights = {{"default",
                            "",
                            "database shop on 127.0.0.1:5432",
                            "migration",
                            "app",
                            {{"DirectConnection", spec::Reason::named("Pooled"), "a pooler answers", true, false}},
                            false},
                           {"warm", "beforeCutover", "database shop on 127.0.0.1:5432", "", "", {}, true}};
  });
  expect(call("POST", "/apis/teal/v1/applications/shop/preflight"), "preflight");
}

TEST_F(GoldenAnswers, OfAVerbAndOfWhatIsWrong) {
  publish("shop");
  expect(call("POST", "/apis/teal/v1/applications/shop/pause"), "accepted");
  EXPECT_EQ(get("/apis/teal/v1/applications/nowhere").body, golden("not_found"));
  EXPECT_EQ(call("PUT", "/apis/teal/v1/applications/shop", "{}").body, golden("invalid"));
}

}  // namespace
}  // namespace teal::test
