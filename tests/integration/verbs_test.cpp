// What operators say to a rollout, through the command line, with teald killed before it can act on it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <iostream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

bool has(const std::string& text, const std::string& word) { return text.find(word) != std::string::npos; }

class Verbs : public Stage {
 protected:
  Verbs() { shop_.workers = 0; }

  void want(const std::string& version) {
    shop_.version = version;
    save(shop_);
  }
  // What is said is on record once it is answered: the teald that hears it need not be the one that acts on it.
  void say(const std::vector<std::string>& words) {
    const auto said = teal(words);
    EXPECT_EQ(said.status, 0) << words.front() << ": " << said.text;
    teald().kill();
    teald().start();
  }
  void refused(const std::vector<std::string>& words, const std::string& because) {
    const auto said = teal(words);
    EXPECT_EQ(said.status, 1) << said.text;
    EXPECT_TRUE(has(said.text, because)) << said.text;
  }
  bool reaches(int revision, const std::string& wanted) {
    return eventually(fmt::format("revision {} is {}", revision, wanted), 20s,
                      [&] { return phase(revision) == wanted; });
  }
  bool application_is(const std::string& wanted) {
    return eventually("the application is " + wanted, 10s,
                      [&] { return text_at(application(), "/status/phase") == wanted; });
  }
  std::string message() { return text_at(application(), "/status/message"); }
  bool serves(const std::string& version) { return has(get(), fmt::format("\"version\":\"{}\"", version)); }

  Shop shop_;
};

TEST_F(Verbs, PauseResumeAbortRetryAndRollbackSurviveADeath) {
  build_images({"2"}, "SLOW_START_MS=800");
  shop_.bake = "2s";
  ASSERT_TRUE(install(shop_));
  start_load();
  want("2");
  ASSERT_TRUE(reaches(2, "Starting"));
  say({"pause", "shop"});
  ASSERT_TRUE(application_is("Paused"));
  EXPECT_EQ(phase(2), "Starting") << "it stands where it was";
  refused({"pause", "shop"}, "paused already");
  say({"resume", "shop"});
  ASSERT_TRUE(reaches(2, "Verifying"));
  say({"abort", "shop"});
  EXPECT_EQ(ended(2), "RolledBack");
  EXPECT_TRUE(has(message(), "aborted by")) << message();
  EXPECT_TRUE(has(message(), "teal retry shop")) << message();
  EXPECT_TRUE(has(message(), "the schema stays as 2 migrated it")) << message();
  EXPECT_TRUE(has(teal({"plan", "shop"}).text, "it is not tried again by itself"));
  EXPECT_TRUE(serves("1"));
  say({"retry", "shop"});
  ASSERT_TRUE(complete(3));
  refused({"abort", "shop"}, "it has ended");
  refused({"rollback", "shop", "--to-revision", "3"}, "is what runs");
  refused({"rollback", "shop", "--to-revision", "2"}, "was never complete (RolledBack)");
  refused({"rollback", "shop", "--to-revision", "9"}, "is not on record");
  say({"rollback", "shop"});
  ASSERT_EQ(ended(4), "Complete");
  EXPECT_TRUE(serves("1"));
  EXPECT_TRUE(application_is("Healthy")) << "it runs what somebody asked for";
  EXPECT_TRUE(has(message(), "the spec in force says 2, but")) << message();
  EXPECT_TRUE(has(teal({"status", "shop"}).text, "back to revision 1, asked for by"));
  EXPECT_EQ(migrations(), (std::vector<std::string>{"1 migration finished", "2 migration finished"}));
  say({"retry", "shop"});
  ASSERT_TRUE(complete(5));
  EXPECT_TRUE(serves("2"));
  finish_load();
}

TEST_F(Verbs, KeptReplicasTakeTheTrafficBackAtOnce) {
  shop_.more = "    keepOld: 2m\n";
  ASSERT_TRUE(install(shop_));
  const auto before = running_containers();
  start_load();
  want("2");
  ASSERT_TRUE(eventually("the old are kept", 20s, [&] { return has(message(), "the old replicas are kept"); }));
  EXPECT_TRUE(serves("2"));
  refused({"abort", "shop"}, "teal rollback brings them back");
  say({"rollback", "shop"});
  EXPECT_EQ(ended(2), "RolledBack");
  EXPECT_TRUE(serves("1"));
  EXPECT_TRUE(eventually("only the old containers are left", 5s, [&] { return running_containers() == before; }));
  const auto report = rollout(2);
  EXPECT_EQ(text_at(report, "/status/reason"), "RollbackAsked");
  for (const auto& span : array_at(report, "/status/phases")) {
    if (text_at(span, "/phase") == "RollingBack") {
      std::cout << fmt::format("  went back from {} to {}\n", text_at(span, "/startedAt"),
                               text_at(span, "/finishedAt"));
    }
  }
  finish_load();
}

TEST_F(Verbs, ApprovalsAreRememberedAndAskedForAgainWithEachRollout) {
  shop_.more = "    approval: BeforeMigration\n";
  save(shop_);
  ASSERT_TRUE(reaches(1, "AwaitingApproval"));
  say({"approve", "shop"});
  ASSERT_TRUE(complete(1));
  want("2");
  ASSERT_TRUE(reaches(2, "AwaitingApproval"));
  EXPECT_EQ(migrations().size(), 1u) << "nothing is migrated before somebody approves";
  say({"approve", "shop"});
  ASSERT_TRUE(complete(2));
  shop_.more = "    approval: BeforeCutover\n";
  start_load();
  want("3");
  ASSERT_TRUE(reaches(3, "AwaitingApproval"));
  teald().kill();
  teald().start();
  EXPECT_EQ(phase(3), "AwaitingApproval");
  EXPECT_EQ(haproxy_servers().size(), 4u) << "old and new are in traffic";
  say({"approve", "shop"});
  ASSERT_TRUE(complete(3));
  finish_load();
}

TEST_F(Verbs, EvidenceOfAFailureIsThereOnceItsContainersAreGone) {
  build_images({"2-crash=2"}, "HEALTHY_THEN_CRASH_MS=0");
  ASSERT_TRUE(install(shop_));
  want("2-crash");
  EXPECT_EQ(ended(2), "RolledBack");
  ASSERT_TRUE(eventually("its containers are gone", 5s, [&] { return containers() == replicas(1, 2, 0); }));
  teald().kill();
  teald().start();
  const auto status = teal({"status", "shop"}).text;
  EXPECT_TRUE(has(status, "exited with code 1")) << status;
  EXPECT_TRUE(has(status, "crashing as told (HEALTHY_THEN_CRASH_MS)")) << status;
  EXPECT_TRUE(has(status, "✗ Starting") || has(status, "x Starting")) << status;
  const auto logs = teal({"logs", "shop"}).text;
  EXPECT_TRUE(has(logs, "crashing as told (HEALTHY_THEN_CRASH_MS)")) << logs;
  EXPECT_TRUE(has(logs, "evidence of the failure")) << logs;
  EXPECT_TRUE(has(logs, "edge/sample_api teal-shop-api-r1-0 Up")) << logs;
  auto password = read_text(servers().value("PG_APP_PASSWORD_FILE"));
  while (password.ends_with('\n')) password.pop_back();
  EXPECT_FALSE(has(logs + status + boost::json::serialize(rollout(2)), password));
}

}  // namespace
}  // namespace teal::test
