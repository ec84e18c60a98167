// Versions that are no good: the old one serves on, no request is lost, and the status says why.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tests/integration/stage.hpp"
#include "tests/integration/trace_server.hpp"

namespace teal::test {
namespace {

class Failure : public Stage {
 protected:
  Failure() { shop_.workers = 0; }
  [[nodiscard]] std::string more_config() const override {
    return fmt::format("tracing: {{otlp: {{url: \"{}\"}}}}\n", traces_.url());
  }
  void upgrade_to(const std::string& version) {
    shop_.version = version;
    save(shop_);
  }

  void expect_said(const std::vector<std::string>& words) {
    const auto record = rollout(2);
    const auto failure = text_at(record, "/status/failure");
    const auto message = text_at(application(), "/status/message");
    for (const auto& word : words) {
      EXPECT_NE(failure.find(word), std::string::npos) << "the rollout says: " << failure;
      EXPECT_NE(message.find(word), std::string::npos) << "the application says: " << message;
    }
  }

  // The old version serves as before, alone, and nobody noticed.
  void expect_old_serves(const std::string& reason, bool under_load = true) {
    EXPECT_EQ(ended(2), "RolledBack");
    EXPECT_EQ(text_at(rollout(2), "/status/reason"), reason);
    EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
    EXPECT_EQ(text_at(application(), "/status/phase"), "Degraded");
    eventually("only the old containers are left", 5s, [&] { return containers() == replicas(1, 2, shop_.workers); });
    EXPECT_EQ(haproxy_servers(), (std::vector<std::string>{"teal-shop-api-r1-0 UP", "teal-shop-api-r1-1 UP"}));
    EXPECT_NE(get().find("\"version\":\"1\""), std::string::npos);
    if (under_load) finish_load();
    const auto wait = teal({"wait", "shop", "--for", "Complete", "--timeout", "10s"});
    EXPECT_EQ(wait.status, 1) << wait.text;
  }

  // What went wrong is over with the next good version.
  void expect_next_version_works() {
    upgrade_to("3");
    EXPECT_TRUE(complete(3));
    EXPECT_EQ(text_at(application(), "/status/activeVersion"), "3");
  }

  // The phases that the rollout's record has, in order.
  std::vector<std::string> phases_of(int revision) {
    std::vector<std::string> names;
    for (const auto& span : array_at(rollout(revision), "/status/phases")) names.push_back(text_at(span, "/phase"));
    return names;
  }

  // The trace of a rollout, by the names of its spans; its phases are as expected, and nothing is wrong with it.
  using Trace = std::multimap<std::string, ReceivedSpan>;
  static Trace trace_of(const TraceReceiver& receiver, const std::string& rollout,
                        const std::vector<std::string>& phases) {
    Trace by_name;
    for (const auto& id : receiver.traces()) {
      const auto spans = receiver.trace(id);
      if (spans.front().attributes.at("teal.rollout") != rollout) continue;
      EXPECT_EQ(receiver.flaws(id), std::vector<std::string>{}) << rollout;
      std::vector<std::string> found;
      for (const auto& span : receiver.spans()) {  // as it was sent: some phases take less than a millisecond
        const bool is_phase = span.parent_id == spans.front().span_id && span.attributes.contains("teal.phase");
        if (span.trace_id == id && is_phase) found.push_back(span.name);
      }
      EXPECT_EQ(found, phases) << rollout;
      for (const auto& span : spans) by_name.emplace(span.name, span);
    }
    EXPECT_FALSE(by_name.empty()) << "no trace of " << rollout;
    return by_name;
  }

  static ReceivedSpan first(const Trace& trace, const std::string& name) {
    const auto found = trace.find(name);
    EXPECT_NE(found, trace.end()) << "no span " << name;
    return found == trace.end() ? ReceivedSpan{} : found->second;
  }

  static void expect_call(const Trace& trace, const std::string& call, const std::string& phase) {
    const auto [from, to] = trace.equal_range(call);
    const auto below = [&](const auto& span) { return span.second.parent_id == first(trace, phase).span_id; };
    EXPECT_TRUE(std::any_of(from, to, below)) << "no " << call << " in " << phase;
  }

  // Asks teald to end, which sends what waits to be sent.
  void expect_traces_of_a_failed_and_a_good_upgrade() {
    const auto failed_phases = phases_of(2);
    const auto good_phases = phases_of(3);
    EXPECT_EQ(teald().stop(), 0);
    const auto receiver = traces_.received();
    EXPECT_EQ(receiver.problems(), std::vector<std::string>{});
    EXPECT_EQ(planted_secrets().found_in("traces", traces_.said()), std::vector<std::string>{});
    EXPECT_EQ(receiver.resource().at("service.name"), "teald");
    EXPECT_EQ(receiver.traces().size(), 3u) << "of three rollouts";

    const auto failed = trace_of(receiver, "shop-2", failed_phases);
    EXPECT_EQ(first(failed, "rollout shop").status, 2);
    EXPECT_NE(first(failed, "rollout shop").message.find("MigrationFailed"), std::string::npos);
    EXPECT_EQ(first(failed, "Migrating").status, 2);
    EXPECT_EQ(first(failed, "job default").status, 2);
    EXPECT_EQ(first(failed, "job default").attributes["process.exit.code"], "1");

    const auto good = trace_of(receiver, "shop-3", good_phases);
    EXPECT_EQ(good_phases.front(), "Pending");
    EXPECT_EQ(good_phases.back(), "Retiring");
    EXPECT_EQ(first(good, "rollout shop").status, 0);
    EXPECT_EQ(first(good, "rollout shop").attributes["teal.version"], "3");
    EXPECT_EQ(first(good, "job default").parent_id, first(good, "Migrating").span_id);
    expect_call(good, "engine create", "Starting");
    expect_call(good, "load_balancer ready", "Introducing");
    expect_call(good, "load_balancer drain", "Withdrawing");
    expect_call(good, "engine remove", "Retiring");
    expect_call(good, "store commit", "Starting");
  }

  TraceServer traces_;
  Shop shop_;
};

TEST_F(Failure, FailedMigrationLeavesTheOldVersionServing) {
  build_images({"2-fail=2"}, "MIGRATION=fail");
  shop_.migration_attempts = 2;
  ASSERT_TRUE(install(shop_));
  start_load();
  upgrade_to("2-fail");
  expect_old_serves("MigrationFailed");
  expect_said({"exit code 1", "told to fail (MIGRATION=fail)", "attempt 2 of 2"});
  EXPECT_EQ(condition("Migrated", "status"), "False");
  EXPECT_EQ(migrations().size(), 3u) << "version 1, and two attempts that failed";
  const auto logs = teal({"logs", "shop", "--migration"});
  EXPECT_EQ(logs.status, 0);
  EXPECT_NE(logs.text.find("ERROR: told to fail (MIGRATION=fail)"), std::string::npos) << logs.text;
  expect_next_version_works();
  expect_traces_of_a_failed_and_a_good_upgrade();
}

TEST_F(Failure, HangingMigrationIsReportedAndEndsTheRolloutOnceItIsStopped) {
  build_images({"2-hang=2"}, "MIGRATION=hang");
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.migration_timeout = "2s";
  upgrade_to("2-hang");
  ASSERT_TRUE(eventually("the timeout is told", 10s, [&] {
    return text_at(application(), "/status/message").find("it was asked to stop and runs on") != std::string::npos;
  }));
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
  // The script does not hear SIGTERM. Teal never kills a migration; the operator does.
  static_cast<void>(docker({"kill", "teal-shop-default-r2-1"}));
  expect_old_serves("MigrationTimedOut");
  expect_said({"did not end within 2s", "told to hang"});
  EXPECT_EQ(number_at(rollout(2), "/status/migration/0/attempts"), 1) << "a migration that hung is not tried again";
}

TEST_F(Failure, VersionThatNeverGetsHealthyIsRolledBack) {
  build_images({"2-never=2"}, "NEVER_HEALTHY=1");
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.startup = "2s";
  upgrade_to("2-never");
  expect_old_serves("HealthCheckFailed");
  expect_said({"api replica", "2s", "503", "told never to be healthy (NEVER_HEALTHY)"});
  expect_next_version_works();
}

TEST_F(Failure, VersionThatTurnsUnhealthyDuringBakeIsRolledBack) {
  build_images({"2-sick=2"}, "HEALTHY_THEN_SICK_MS=2500");
  ASSERT_TRUE(install(shop_));
  start_load();
  shop_.bake = "5s";
  upgrade_to("2-sick");
  expect_old_serves("HealthCheckFailed");
  expect_said({"503", "told to turn unhealthy (HEALTHY_THEN_SICK_MS)"});
  bool baked = false;
  for (const auto& span : array_at(rollout(2), "/status/phases")) baked |= text_at(span, "/phase") == "Verifying";
  EXPECT_TRUE(baked) << "it was to fail while it baked, not before";
}

TEST_F(Failure, VersionThatCrashesAtItsStartIsRolledBack) {
  build_images({"2-crash=2"}, "HEALTHY_THEN_CRASH_MS=0");
  ASSERT_TRUE(install(shop_));
  start_load();
  upgrade_to("2-crash");
  expect_old_serves("ReplicaExited");
  expect_said({"exited with code 1", "crashing as told (HEALTHY_THEN_CRASH_MS)"});
}

// Without load: what a replica that takes traffic answers as it dies nobody can save.
TEST_F(Failure, VersionThatCrashesDuringBakeIsRolledBack) {
  build_images({"2-later=2"}, "HEALTHY_THEN_CRASH_MS=2000");
  shop_.bake = "6s";
  ASSERT_TRUE(install(shop_));
  upgrade_to("2-later");
  expect_old_serves("ReplicaExited", false);
  expect_said({"exited with code 1", "crashing as told (HEALTHY_THEN_CRASH_MS)"});
}

TEST_F(Failure, FirstInstallationThatFailsIsClearedAwayAndTheFixedManifestInstalls) {
  build_images({"2-never=2"}, "NEVER_HEALTHY=1");
  shop_.version = "2-never";
  shop_.startup = "2s";
  save(shop_);
  EXPECT_EQ(ended(1), "Failed");
  EXPECT_NE(text_at(application(), "/status/message").find("told never to be healthy"), std::string::npos);
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "");
  EXPECT_EQ(containers(), std::vector<std::string>{});
  EXPECT_EQ(haproxy_servers(), std::vector<std::string>{});
  EXPECT_EQ(teal({"wait", "shop", "--timeout", "10s"}).status, 1);
  upgrade_to("2");
  EXPECT_TRUE(complete(2));
  EXPECT_NE(get().find("\"version\":\"2\""), std::string::npos);
}

TEST_F(Failure, MissingImageIsNamedAndAFixedManifestInstalls) {
  upgrade_to("99");
  EXPECT_EQ(ended(1), "Failed");
  const auto message = text_at(application(), "/status/message");
  EXPECT_NE(message.find("sample:99"), std::string::npos) << message;
  EXPECT_NE(message.find("pullPolicy is Never"), std::string::npos) << message;
  upgrade_to("1");
  ASSERT_TRUE(complete(2));
  start_load();
  upgrade_to("98");
  EXPECT_EQ(ended(3), "RolledBack");
  finish_load();
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
}

}  // namespace
}  // namespace teal::test
