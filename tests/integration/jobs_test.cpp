// Jobs beside the migration and after it on real parts: hooks, the post-deployment step, the walk over required stops,
// logs that are followed, and the plan that says it all before.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/integration/stage.hpp"
#include "tests/support/process.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class Jobs : public Stage {
 protected:
  void SetUp() override {
    Stage::SetUp();
    out_ = folder() + "/out";
    std::filesystem::create_directories(out_);
    shop_.workers = 0;
  }

  // A hook that runs a line of shell, with a folder to write to and the database's socket.
  [[nodiscard]] std::string hook(const std::string& name, const std::string& shell,
                                 const std::string& more = "") const {
    return fmt::format(
        "      - name: {}\n        command: [/bin/sh, -c, '{}']\n        mounts:\n"
        "          - {{source: {}, target: /out}}\n          - {{source: {}, target: {}}}\n{}",
        name, shell, out_, servers().value("PG_SOCKET_DIR"), servers().value("PG_SOCKET_DIR"), more);
  }

  // A migration job that comes last.
  [[nodiscard]] std::string contract(const std::string& shell) const {
    return hook("contract", shell, "        phase: AfterCutover\n" + credentials());
  }

  [[nodiscard]] static std::string credentials() {
    return fmt::format(
        "        credentials:\n          DB__USER: {{fromFile: {}}}\n          DB__PASSWORD: {{fromFile: {}}}\n",
        servers().value("PG_MIGRATION_USER_FILE"), servers().value("PG_MIGRATION_PASSWORD_FILE"));
  }

  // What a job needs to be guarded.
  [[nodiscard]] std::string database() {
    const auto value = [](const char* name) { return servers().value(name); };
    return fmt::format(
        "        database: {{host: {}, port: {}, name: {}, application: {{user: app, password: {{fromFile: {}}}}}, "
        "migration: {{user: migration, password: {{fromFile: {}}}}}}}\n",
        value("PG_SOCKET_DIR"), value("PG_PORT"), sql("SELECT current_database()"), value("PG_APP_PASSWORD_FILE"),
        value("PG_MIGRATION_PASSWORD_FILE"));
  }

  [[nodiscard]] std::vector<std::string> wrote(const std::string& name) const {
    return lines_of(read_text(out_ + "/" + name));
  }

  // "start NAME" and "destroy NAME" of the containers since the test began, in the engine's own order.
  [[nodiscard]] std::vector<std::string> lives() {
    return lines_of(docker({"events", "--since", "5m", "--until", "0s", "--filter", "event=start", "--filter",
                            "event=destroy", "--format", "{{.Action}} {{.Actor.Attributes.name}}"}));
  }

  static std::ptrdiff_t place(const std::vector<std::string>& lines, const std::string& line) {
    const auto found = std::ranges::find(lines, line);
    EXPECT_NE(found, lines.end()) << line;
    return found - lines.begin();
  }

  Shop shop_;
  std::string out_;
};

TEST_F(Jobs, HooksAndTheContractStepRunInTheirPlacesAndTheBackupIsWhole) {
  shop_.more = "  hooks:\n    beforeMigration:\n" +
               fmt::format(
                   "      - name: backup\n        command: [/bin/sh, /hooks/backup, /out]\n        mounts:\n"
                   "          - {{source: {}/deploy/hooks, target: /hooks, readOnly: true}}\n"
                   "          - {{source: {}, target: /out}}\n          - {{source: {}, target: {}}}\n",
                   TEAL_SOURCE_DIR, out_, servers().value("PG_SOCKET_DIR"), servers().value("PG_SOCKET_DIR")) +
               credentials() + database() + "    beforeCutover:\n" + hook("smoke", "echo smoke test passed") +
               "    afterCutover:\n" + hook("warm", "env | sort | grep ^TEAL_ > /out/env; echo $DB__USER > /out/user");
  shop_.more_jobs = contract("echo contracting as $DB__USER; date > /out/contracted");
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.version = "2";
  const auto file = folder() + "/next.yaml";
  std::ofstream{file} << manifest(shop_);
  const auto plan = teal({"plan", "-f", file}).text;
  EXPECT_THAT(plan, HasSubstr("shop: 1 → 2, revision 2"));
  EXPECT_THAT(plan, HasSubstr("run beforeMigration hook backup (teal-shop-backup-r2-1) as database user migration"));
  EXPECT_THAT(plan, HasSubstr("run migration job contract (teal-shop-contract-r2-1)"));
  EXPECT_THAT(plan, HasSubstr("BlueGreen: no upgradePolicy is set"));
  EXPECT_THAT(plan, HasSubstr("last time"));
  save(shop_);
  ASSERT_TRUE(complete(2));
  finish_load();

  const auto succeeded = told("HookSucceeded");
  const auto dump = out_ + "/shop-r2-before-2.dump";
  EXPECT_THAT(succeeded, testing::Contains(HasSubstr("backup: /out/shop-r2-before-2.dump, ")));
  EXPECT_EQ(read_text(dump).substr(0, 5), "PGDMP");
  EXPECT_THAT(wrote("backups.txt").back(), HasSubstr("shop revision 2 (1 to 2) /out/shop-r2-before-2.dump"));
  EXPECT_THAT(teal({"logs", "shop", "--job", "backup"}).text, HasSubstr("backup: dumping"));
  EXPECT_EQ(sql("SELECT string_agg(job || ' ' || revision || ' ' || outcome, ', ' ORDER BY id) FROM teal_migrations"),
            "backup 1 Succeeded, backup 2 Succeeded")
      << "a hook that names its database has a row a run";
  EXPECT_THAT(told("MigrationLockTaken"), testing::SizeIs(2));
  EXPECT_THAT(wrote("env"), ElementsAre("TEAL_APPLICATION=shop", "TEAL_FROM_VERSION=1", "TEAL_REASON=Upgrade",
                                        "TEAL_REVISION=2", "TEAL_TO_VERSION=2"));
  EXPECT_THAT(wrote("user"), ElementsAre("app")) << "only a hook that names a migration credential has it";
  EXPECT_THAT(teal({"logs", "shop", "--migration"}).text, HasSubstr("contracting as migration"));

  const auto all = lives();
  const auto backup = place(all, "start teal-shop-backup-r2-1");
  const auto migration = place(all, "start teal-shop-default-r2-1");
  const auto contract = place(all, "start teal-shop-contract-r2-1");
  EXPECT_LT(backup, migration);
  EXPECT_LT(migration, place(all, "start teal-shop-api-r2-0"));
  EXPECT_LT(place(all, "start teal-shop-smoke-r2-1"), place(all, "start teal-shop-warm-r2-1"));
  EXPECT_LT(place(all, "start teal-shop-warm-r2-1"), place(all, "destroy teal-shop-api-r1-0"));
  EXPECT_LT(place(all, "destroy teal-shop-api-r1-0"), contract);
  EXPECT_LT(place(all, "destroy teal-shop-api-r1-1"), contract);

  const auto back = teal({"rollback", "shop"});
  EXPECT_EQ(back.status, 1);
  EXPECT_THAT(back.text, HasSubstr("has run its post-deployment step (job contract)"));
}

TEST_F(Jobs, KillOfTealdWhileAHookOrTheContractStepRunsRunsItOnce) {
  const std::string slow = "echo $TEAL_REVISION begun >> /out/runs; sleep 3; echo $TEAL_REVISION ended >> /out/runs";
  ASSERT_TRUE(install(shop_));
  shop_.more = "  hooks:\n    beforeCutover:\n" + hook("slow", slow);
  shop_.more_jobs = contract("echo contract begun >> /out/runs; sleep 3; echo contract ended >> /out/runs");
  shop_.version = "2";
  start_load();
  save(shop_);
  for (const std::string unit : {"slow", "contract"}) {
    // Asked of teald: the engine's own list may take longer than the job on a busy machine.
    const auto* state = unit == "slow" ? "/status/hooks/0/state" : "/status/migration/1/state";
    ASSERT_TRUE(eventually(unit + " runs", 60s, [&] { return text_at(rollout(2), state) == "Running"; }));
    teald().kill();
    std::this_thread::sleep_for(unit == "slow" ? 300ms : 3500ms);  // once it ends while nobody looks
    teald().start();
  }
  ASSERT_TRUE(complete(2));
  finish_load();
  EXPECT_THAT(wrote("runs"), ElementsAre("2 begun", "2 ended", "contract begun", "contract ended"));
  EXPECT_EQ(number_at(rollout(2), "/status/hooks/0/attempts"), 1);
  EXPECT_EQ(text_at(rollout(2), "/status/hooks/0/state"), "Succeeded");
  EXPECT_EQ(text_at(rollout(2), "/status/migration/1/state"), "Succeeded");
}

TEST_F(Jobs, ASmokeTestThatFailsRollsBackAndTheRollbackIsTold) {
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.version = "2";
  shop_.migration_attempts = 1;
  shop_.more = "  hooks:\n    beforeCutover:\n" + hook("smoke", "echo no such page; exit 3") + "    onRollback:\n" +
               hook("tell", "echo $TEAL_REASON $TEAL_FROM_VERSION $TEAL_TO_VERSION > /out/told");
  save(shop_);
  EXPECT_EQ(ended(2), "RolledBack");
  finish_load();
  EXPECT_THAT(text_at(rollout(2), "/status/message"),
              HasSubstr("beforeCutover hook smoke failed with exit code 3: no such page"));
  EXPECT_THAT(wrote("told"), ElementsAre("HookFailed 1 2"));
  EXPECT_THAT(teal({"logs", "shop", "--job", "smoke"}).text, HasSubstr("no such page"));
}

TEST_F(Jobs, AutomaticHopsWalkTheStopsThroughADeathOfTeald) {
  build_images({"4"});
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.version = "4";
  shop_.more = "  upgradePolicy: {train: 1, outsideTrain: BlueGreen, stops: [\"2\", \"3\"], hops: Automatic}\n";
  save(shop_);
  ASSERT_TRUE(eventually("the second hop", 40s, [&] { return phase(3) == "Starting" || phase(3) == "Verifying"; }));
  teald().kill();
  teald().start();
  EXPECT_EQ(teal({"wait", "shop", "--for", "Complete", "--timeout", "60s"}).status, 0);
  ASSERT_TRUE(complete(4));
  finish_load();
  EXPECT_THAT(migrations(), ElementsAre("1 migration finished", "2 migration finished", "3 migration finished",
                                        "4 migration finished"));
  EXPECT_EQ(text_at(rollout(2), "/status/toVersion"), "2");
  EXPECT_EQ(text_at(rollout(2), "/status/finalVersion"), "4");
  shop_.version = "3";
  save(shop_);
  ASSERT_TRUE(eventually("a refusal", 10s, [&] {
    return text_at(application(), "/status/message").find("a downgrade is refused") != std::string::npos;
  }));
  EXPECT_EQ(phase(5), "Pending");
}

// A job that heeds no signal: what it is told, who may end it, and that newer versions wait until then.
TEST_F(Jobs, AJobThatHeedsNoSignalIsEndedByAnAdminAndTheNextVersionGoesOn) {
  shop_.more_jobs = hook("deaf", "test -e /out/well && exit 0; trap \"\" TERM; echo deaf; sleep 600", credentials());
  shop_.migration_timeout = "5s";
  std::ofstream{out_ + "/well"};
  ASSERT_TRUE(install(shop_));
  std::filesystem::remove(out_ + "/well");
  shop_.version = "2";
  save(shop_);
  const auto message = [&] { return text_at(application(), "/status/message"); };
  ASSERT_TRUE(eventually("the job", 40s, [&] { return message().find("migration job deaf (attempt 1) runs") == 0; }));
  const std::vector<std::string> end_job{"end-job", "shop", "--job", "deaf", "--confirm", "shop"};
  const auto too_early = teal(end_job);
  EXPECT_EQ(too_early.status, 1);
  EXPECT_THAT(too_early.text, HasSubstr("of its migration.timeout of 5s"));
  ASSERT_TRUE(eventually("the stop signal", 40s, [&] {
    return message().find("teal end-job shop --job deaf --confirm shop") != std::string::npos;
  })) << message();
  shop_.version = "3";
  std::ofstream{out_ + "/well"};
  save(shop_);
  ASSERT_TRUE(eventually("the wait of the next version", 60s, [&] {
    return message().find("waiting for teal-shop-deaf-r2-1 to end: a migration is never cut short") !=
           std::string::npos;
  })) << message();
  EXPECT_THAT(message(), HasSubstr("an admin ends it with: teal end-job shop --job deaf --confirm shop"));
  EXPECT_EQ(teal({"end-job", "shop", "--job", "deaf"}).status, 1) << "it has to be confirmed";
  const auto ended = teal(end_job);
  EXPECT_EQ(ended.status, 0) << ended.text;
  ASSERT_TRUE(complete(3));
  EXPECT_THAT(told("JobKilled"), ElementsAre(HasSubstr("teal-shop-deaf-r2-1 still runs")));
  EXPECT_THAT(teal({"audit", "--application", "shop"}).text, HasSubstr("end-job"));
}

TEST_F(Jobs, TheLogOfAMigrationIsFollowedWhileItRuns) {
  build_images({"5"}, "MIGRATION_SLEEP_MS=2500");
  ASSERT_TRUE(install(shop_));
  shop_.version = "5";
  save(shop_);
  ASSERT_TRUE(eventually("phase Migrating", 20s, [&] { return phase(2) == "Migrating"; }));
  const auto log = folder() + "/followed";
  Process follow{
      Program{{TEAL_BIN_DIR "/teal", "--server", teald().url(), "logs", "shop", "--migration", "-f"}, {}, "", log, ""}};
  ASSERT_TRUE(eventually("its first lines", 5s,
                         [&] { return read_text(log).find("working for 2500 ms") != std::string::npos; }));
  EXPECT_EQ(phase(2), "Migrating");
  EXPECT_EQ(read_text(log).find("schema is at"), std::string::npos);
  ASSERT_TRUE(complete(2));
  ASSERT_TRUE(eventually("its end", 5s, [&] { return !follow.running(); }));
  EXPECT_THAT(read_text(log), HasSubstr("schema is at 5"));
  EXPECT_THAT(read_text(log), HasSubstr("==> shop-2 job default attempt 1 <=="));
}

}  // namespace
}  // namespace teal::test
