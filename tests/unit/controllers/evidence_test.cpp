// What is kept of a failed rollout once its containers are gone.
#include <gmock/gmock.h>

#include "controllers/environment/masking.hpp"
#include "controllers/rollout/verbs.hpp"
#include "manifests/api/evidence.hpp"
#include "tests/unit/controllers/asked_rollback.hpp"
#include "tests/unit/controllers/stage.hpp"
#include "tests/unit/controllers/stage_ports.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::Not;

void upgrade(World& world) { upgrade(world, "2"); }

const objects::ContainerEvidence* of(const World& world, const std::string& name) {
  if (!world.record->outcome.evidence) return nullptr;
  const auto& all = world.record->outcome.evidence->containers;
  const auto found = std::ranges::find(all, name, &objects::ContainerEvidence::container);
  return found == all.end() ? nullptr : &*found;
}

TEST(Evidence, OfAVersionThatNeverGetsHealthyHasItsAnswerAndTheServersStates) {
  auto world = installed();
  world.trouble.sick.insert("2");
  upgrade(world);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  EXPECT_EQ(world.find("teal-shop-api-r2-0"), nullptr);
  const auto* sick = of(world, "teal-shop-api-r2-0");
  ASSERT_NE(sick, nullptr);
  EXPECT_EQ(sick->state, "Running");
  EXPECT_EQ(sick->answer, "503: database unreachable");
  EXPECT_EQ(sick->failures, 5);
  EXPECT_EQ(world.record->outcome.evidence->reason, spec::Reason::HealthCheckFailed);
  EXPECT_THAT(world.record->outcome.evidence->servers,
              Contains(Field(&objects::ServerEvidence::server, "teal-shop-api-r1-0")));
  EXPECT_NE(of(world, "teal-shop-api-r1-0"), nullptr) << "how the old ones were at that moment";
}

// What is refused inside of a container is often refused for this.
TEST(Evidence, SaysWhatItsProcessesMayDo) {
  auto world = installed();
  world.trouble.sick.insert("2");
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].security = {"1000:1000", true, true, {"ALL"}, {"NET_BIND_SERVICE"}, 64};
  });
  world.settle();
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  ASSERT_NE(of(world, "teal-shop-api-r2-0"), nullptr);
  EXPECT_EQ(of(world, "teal-shop-api-r2-0")->security,
            "as user 1000:1000, read-only root filesystem, no new privileges, without ALL, with NET_BIND_SERVICE, at "
            "most 64 processes");
  EXPECT_EQ(of(world, "teal-shop-api-r1-0")->security, "no new privileges");
}

TEST(Evidence, OfACrashHasItsExitCode) {
  auto world = installed();
  world.trouble.crashing.insert("2");
  upgrade(world);
  const auto ended =
      std::ranges::find(world.record->outcome.evidence->containers, "Exited", &objects::ContainerEvidence::state);
  ASSERT_NE(ended, world.record->outcome.evidence->containers.end());
  EXPECT_EQ(ended->exit_code, 1);
  EXPECT_EQ(ended->revision, 2);
  EXPECT_EQ(world.record->outcome.evidence->reason, spec::Reason::ReplicaExited);
}

TEST(Evidence, OfAMigrationThatRanOutOfMemory) {
  auto world = installed();
  world.job_ends = [](world::Container container) {
    container.exit_code = 137;
    container.out_of_memory = true;
    return container;
  };
  world.edit([](spec::ApplicationSpec& spec) { spec.migration.attempts = 1; });
  upgrade(world);
  const auto* job = of(world, "teal-shop-default-r2-1");
  ASSERT_NE(job, nullptr);
  EXPECT_TRUE(job->job);
  EXPECT_EQ(job->exit_code, 137);
  EXPECT_TRUE(job->out_of_memory);
  EXPECT_EQ(world.record->outcome.evidence->containers.front().container, job->container) << "what failed comes first";
}

TEST(Evidence, IsOnRecordBeforeAnythingIsRemoved) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.kill("teal-shop-api-r2-1");
  const auto first = rollout::decide(world.desired, world.record, world.observe(), world.now);
  for (const auto& action : first.actions) EXPECT_NE(key(action), "remove teal-shop-api-r2-1");
  const auto decision =
      rollout::decide(world.desired, first.next, world.observe(), world.now + std::chrono::seconds{2});
  ASSERT_TRUE(decision.next->outcome.evidence);
  EXPECT_EQ(decision.next->standing.phase, spec::Phase::RollingBack);
}

world::Server& server(World& world, const std::string& name) {
  return std::ranges::find_if(world.slots, [&](const model::Slot& one) { return one.seen.name == name; })->seen;
}

const objects::ServerEvidence* server_of(const World& world, const std::string& name) {
  if (!world.record->outcome.evidence) return nullptr;
  const auto& all = world.record->outcome.evidence->servers;
  const auto found = std::ranges::find(all, name, &objects::ServerEvidence::server);
  return found == all.end() ? nullptr : &*found;
}

// T5 takes the dead replica's server out at once; the verdict waits for whether the old ones end too.
TEST(Evidence, OfACrashHasTheCountersOfItsServerThatWasRemovedBeforeTheVerdict) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.kill("teal-shop-api-r2-1");
  auto& dying = server(world, "teal-shop-api-r2-1");
  dying.errors = 7;
  dying.sessions = 3;
  dying.check = "L4CON";
  world.pass();
  EXPECT_EQ(world.phase(), spec::Phase::Verifying);
  EXPECT_EQ(std::ranges::count(world.servers(), "teal-shop-api-r2-1", &world::Server::name), 0) << "T5";
  server(world, "teal-shop-api-r2-0").errors = 2;
  world.record =
      *records::rollout_record_from_json(boost::json::serialize(to_json(*world.record)));  // as over a restart
  world.settle(1h);
  ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
  const auto* crashed = server_of(world, "teal-shop-api-r2-1");
  ASSERT_NE(crashed, nullptr);
  EXPECT_EQ(*crashed, (objects::ServerEvidence{"edge", "shop_api", "teal-shop-api-r2-1", "Down", "L4CON", 3, 7, true}));
  ASSERT_NE(server_of(world, "teal-shop-api-r2-0"), nullptr);
  EXPECT_EQ(server_of(world, "teal-shop-api-r2-0")->errors, 2u);
  EXPECT_FALSE(server_of(world, "teal-shop-api-r2-0")->removed);
  EXPECT_NE(server_of(world, "teal-shop-api-r1-0"), nullptr);
  EXPECT_THAT(world.record->outcome.evidence->servers.front().server, HasSubstr("-r2-")) << "what failed comes first";
  EXPECT_TRUE(world.record->outcome.removed_servers.empty());
}

TEST(Evidence, OfAReplicaThatIsBackInTrafficIsWhatIsSeenNow) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].replicas = 3;
  });
  for (int i = 0; i < 500 && world.up() < 3; ++i) world.pass();
  ASSERT_EQ(world.phase(), spec::Phase::Introducing);
  world.kill("teal-shop-api-r2-0");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying)) << "it is replaced";
  verb(world, records::Verb::Abort);
  world.settle();
  ASSERT_NE(server_of(world, "teal-shop-api-r2-0"), nullptr);
  EXPECT_FALSE(server_of(world, "teal-shop-api-r2-0")->removed);
  EXPECT_EQ(std::ranges::count(world.record->outcome.evidence->servers, "teal-shop-api-r2-0",
                               &objects::ServerEvidence::server),
            1);
}

TEST(Evidence, OfAMigrationThatOutlivedTheVerdictIsCompletedWhenItEnds) {
  for (const bool is_taken_away : {false, true}) {
    auto world = installed();
    world.jobs_that_hang.insert("default");
    world.want("2");
    for (int i = 0; i < 500 && world.running("default").empty(); ++i) world.pass();
    world.pass();
    verb(world, records::Verb::Abort);
    world.pass();
    ASSERT_EQ(world.phase(), spec::Phase::RollingBack);
    ASSERT_NE(of(world, "teal-shop-default-r2-1"), nullptr);
    EXPECT_EQ(of(world, "teal-shop-default-r2-1")->state, "Running");
    if (is_taken_away) {
      std::erase_if(world.boxes, [](const model::Box& one) { return one.seen.name == "teal-shop-default-r2-1"; });
    } else {
      world.kill("teal-shop-default-r2-1", 137);
    }
    world.settle();
    ASSERT_EQ(world.phase(), spec::Phase::RolledBack);
    const auto* job = of(world, "teal-shop-default-r2-1");
    EXPECT_EQ(job->state, is_taken_away ? "Gone" : "Exited");
    EXPECT_EQ(job->exit_code, is_taken_away ? std::nullopt : std::optional{137});
    EXPECT_EQ(job->finished_at.has_value(), !is_taken_away);
    EXPECT_EQ(world.record->outcome.evidence->reason, spec::Reason::Aborted);
  }
}

TEST(Evidence, OfAnAbortAndOfAPause) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Verifying));
  world.record = rollout::apply_verb(*world.record, {records::Verb::Abort, std::nullopt, "ann"}, world.now)->next;
  world.settle();
  EXPECT_EQ(world.record->outcome.evidence->reason, spec::Reason::Aborted);
  EXPECT_NE(of(world, "teal-shop-api-r2-0"), nullptr);

  auto pausing = installed();
  pausing.trouble.sick.insert("2");
  pausing.edit([](spec::ApplicationSpec& spec) { spec.rollout.on_failure = spec::OnFailure::Pause; });
  upgrade(pausing);
  EXPECT_TRUE(pausing.record->orders.paused);
  EXPECT_NE(of(pausing, "teal-shop-api-r2-0"), nullptr);
}

TEST(Evidence, NamesALoadBalancerThatDidNotAnswer) {
  auto world = installed();
  world.want("2");
  ASSERT_TRUE(world.run_to(spec::Phase::Starting));
  world.balancer_down = true;
  world.settle(2h);
  ASSERT_TRUE(world.record->outcome.evidence);
  EXPECT_THAT(world.record->outcome.evidence->load_balancer_problems, Contains(HasSubstr("connect: refused")));
}

TEST(Evidence, IsBoundedWhateverRuns) {
  auto world = installed();
  world.edit([](spec::ApplicationSpec& spec) {
    spec.version = "2";
    spec.components[0].replicas = 60;
  });
  world.trouble.crashing.insert("2");
  world.settle(1h);
  ASSERT_TRUE(world.record->outcome.evidence);
  EXPECT_LE(world.record->outcome.evidence->containers.size(), 12u);
  EXPECT_LE(world.record->outcome.evidence->servers.size(), 24u);
}

TEST(Evidence, ASuccessfulRolloutHasNone) {
  auto world = installed();
  upgrade(world);
  EXPECT_FALSE(world.record->outcome.evidence);
}

TEST(Masking, TakesOutWhatTheContainersWereGiven) {
  boost::asio::io_context loop;
  PlainSecrets secrets;
  spec::ApplicationSpec spec;
  spec.env["DB__PASSWORD"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/app", {}};
  spec.env["DB__HOST"] = spec::ValueSource{spec::ValueSource::Kind::File, "/etc/host", {}};
  spec.env["GREETING"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "welcome", {}};
  spec::Job job;
  job.credentials["ADMIN_KEY"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "hunter22", {}};
  job.credentials["PIN_KEY"] = spec::ValueSource{spec::ValueSource::Kind::Literal, "1", {}};
  spec.migration.jobs = {job};
  const auto known = await(loop, environment::secrets_of(secrets, spec));
  EXPECT_EQ(masked("login with the value of /etc/app and hunter22hunter22 failed on the value of /etc/host", known),
            "login with *** and ****** failed on the value of /etc/host");
  EXPECT_EQ(masked("welcome 1 postgres://u:p@h/d", known), "welcome 1 postgres://u:***@h/d");
}

// The reconciler's own way, over a death of teald at every call.
TEST(Evidence, AndTheLogsSurviveADeathAtEveryCall) {
  const auto fail = [](Stage& stage, Gate::Mode mode, int nth) {
    stage.start_teald();
    stage.apply();
    EXPECT_TRUE(stage.run());
    stage.engine.script([](const ports::ContainerSpec& container) {
      FakeEngine::Behaviour behaviour;
      behaviour.stops_after = 50ms;
      behaviour.output = "my password is the value of /etc/shop/migration_password\n";
      const bool bad = container.role == world::Role::Serve && container.revision == 2 && container.unit == "api";
      if (container.role == world::Role::Migrate || bad) behaviour.runs_for = 300ms;
      behaviour.exit_code = bad ? 3 : 0;
      return behaviour;
    });
    stage.application.spec.version = "2";
    stage.gate.disturb(mode, nth);
    stage.apply();
    const int before = stage.gate.calls();
    for (int i = 0; i < 1000; ++i) {
      stage.run(true, 1);
      const auto seen = stage.view();
      if (seen && seen->rollout && seen->rollout->course.target.number == 2 &&
          records::is_terminal(seen->rollout->standing.phase))
        break;
    }
    return stage.gate.calls() - before;
  };
  Stage quiet;
  const int calls = fail(quiet, Gate::Mode::Open, 0);
  for (int nth = 1; nth <= calls; nth += 2) {
    Stage stage;
    fail(stage, Gate::Mode::DieAfter, nth);
    EXPECT_EQ(stage.gate.met(), 1u) << nth;
    const auto view = stage.view();
    ASSERT_TRUE(view && view->rollout && view->rollout->standing.phase == spec::Phase::RolledBack)
        << nth << stage.gate.what();
    ASSERT_TRUE(view->rollout->outcome.evidence) << nth << stage.gate.what();
    EXPECT_THAT(view->rollout->outcome.evidence->containers,
                Contains(Field(&objects::ContainerEvidence::exit_code, 3)));
    const auto logs = stage.wait(stage.store.logs("shop", 2));
    ASSERT_TRUE(logs);
    EXPECT_GE(logs->size(), 2u) << "a replica's and the migration's, died at call " << nth << stage.gate.what();
    for (const auto& [source, text] : *logs) EXPECT_THAT(text, Not(HasSubstr("the value of"))) << source;
  }
}

}  // namespace
}  // namespace teal::test
