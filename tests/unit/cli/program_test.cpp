// The real `teal` against a teald that answers what the test says: what it prints, what it exits with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "tests/unit/cli/canned.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

constexpr const char* manifest =
    "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\n"
    "spec:\n  version: \"1.1\"\n  image: shop\n  components: [{name: api}]\n";

// Answers every request by what its line starts with; longest first match wins by order; 404 for all else.
std::function<std::string(const Asked&)> routes(std::vector<std::pair<std::string, std::string>> table) {
  return [table = std::move(table)](const Asked& asked) {
    for (const auto& [start, answer] : table) {
      if (asked.line.starts_with(start)) return answer;
    }
    return http_failure(404, "there is no such thing");
  };
}

std::function<std::string(const Asked&)> shop(const std::string& phase, const std::string& rollout_phase) {
  return routes(
      {{"GET /apis/teal/v1/applications/shop", http_answer(200, canned_application(phase))},
       {"GET /apis/teal/v1/applications/", http_failure(404, "no application has that name")},
       {"GET /apis/teal/v1/applications", http_answer(200, R"({"items":[)" + canned_application(phase) + "]}")},
       {"GET /apis/teal/v1/rollouts/shop-7/logs?job=default", http_answer(200, "ALTER TABLE\n", "text/plain")},
       {"GET /apis/teal/v1/rollouts/shop-7/logs?component=api&replica=0",
        http_answer(200, "api \x1b[31mup", "text/plain")},
       {"GET /apis/teal/v1/rollouts/shop-7/logs", http_failure(404, "no such log")},
       {"GET /apis/teal/v1/rollouts/shop-7", http_answer(200, canned_rollout(rollout_phase, "503: no database"))},
       {"GET /apis/teal/v1/rollouts", http_answer(200, R"({"items":[)" + canned_rollout(rollout_phase) + "]}")}});
}

TEST(Program, ListsApplications) {
  const FakeTeald teald{shop("Progressing", "Starting")};
  const auto got = run_teal({"get", "--server", teald.url()});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_THAT(got.out, StartsWith("NAME   PHASE         READY   VERSION   WANTED   ROLLOUT   AGE\n"
                                  "shop   Progressing   3/3     1.0       1.1      shop-7    "));
  EXPECT_THAT(got.err, IsEmpty());
}

TEST(Program, StatusWithoutANameIsAnOverviewOfAllApplications) {
  const FakeTeald teald{shop("Progressing", "Starting")};
  for (const auto* format : {"table", "wide", "json", "yaml"}) {
    const auto got = run_teal({"status", "-o", format, "--server", teald.url()});
    EXPECT_EQ(got.status, 0) << got.err;
    EXPECT_EQ(got.out, run_teal({"get", "applications", "-o", format, "--server", teald.url()}).out) << format;
    EXPECT_THAT(got.out, HasSubstr("shop"));
    EXPECT_THAT(got.err, IsEmpty());
  }
  const auto asked_before = teald.asked().size();
  for (const auto& words : std::vector<std::vector<std::string>>{{"status", "--watch"}, {"status", ""}}) {
    auto line = words;
    line.insert(line.end(), {"--server", teald.url()});
    const auto got = run_teal(line);
    EXPECT_EQ(got.status, 2) << got.out;
    EXPECT_THAT(got.out, IsEmpty());
  }
  EXPECT_THAT(run_teal({"status", "-w", "--server", teald.url()}).err, HasSubstr("teal status APP --watch"));
  EXPECT_EQ(teald.asked().size(), asked_before);
  EXPECT_EQ(run_teal({"status", "--server", "unix:///nowhere/teal.sock"}).status, 3);
}

TEST(Program, StatusOfAnEmptyTealdIsNoError) {
  const FakeTeald teald{routes({{"GET /apis/teal/v1/applications", http_answer(200, R"({"items":[]})")}})};
  const auto got = run_teal({"status", "--server", teald.url()});
  EXPECT_EQ(got.status, 0);
  EXPECT_EQ(got.err, "No applications found.\n");
}

TEST(Program, TakesTheServerFromTheEnvironmentAndOptionsOnEitherSideOfTheVerb) {
  const FakeTeald teald{shop("Healthy", "Complete")};
  const auto got = run_teal({"-o", "json", "get", "rollouts", "shop-7"}, "", {"TEAL_SERVER=" + teald.url()});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_EQ(boost::json::parse(got.out), boost::json::parse(canned_rollout("Complete", "503: no database")));
  EXPECT_THAT(run_teal({"history", "shop", "-o", "yaml", "--server=" + teald.url()}).out,
              HasSubstr("toVersion: \"1.1\"\n"));
}

TEST(Program, SaysWhatToDoWithoutADaemon) {
  const auto got = run_teal({"get", "--server", "unix:///nowhere/teal.sock"});
  EXPECT_EQ(got.status, 3);
  EXPECT_EQ(got.err,
            "error: cannot reach teald at unix:///nowhere/teal.sock: No such file or directory. "
            "Is it running? Set --server or TEAL_SERVER.\n");
  EXPECT_EQ(run_teal({"wait", "shop", "--server", "http://127.0.0.1:1"}).status, 3);
  FakeTeald gone{routes({})};
  const auto url = gone.url();
  gone.stop();
  EXPECT_EQ(run_teal({"status", "shop", "--server", url}).status, 3);
}

TEST(Program, RefusesBadUsage) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"frobnicate"},
                                             {"get", "pods"},
                                             {"get", "-o", "xml"},
                                             {"history"},
                                             {"wait", "shop", "--for", "Done"},
                                             {"wait", "shop", "--timeout", "soon"},
                                             {"wait", "shop", "--for", "Healthy", "--to-version", "2"},
                                             {"plan"},
                                             {"plan", "shop", "-f", "x.yaml"},
                                             {"apply"},
                                             {"validate"},
                                             {"validate", "/nowhere/x.yaml"},
                                             {"completion", "tcsh"},
                                             {"rollback", "shop", "--to-revision", "0"},
                                             {"logs", "shop", "--migration", "--component", "api"},
                                             {"logs", "shop", "--replica", "0"},
                                             {"get", "--server", "ftp://x"},
                                             {"get", "--server", ""}}) {
    const auto got = run_teal(arguments);
    EXPECT_EQ(got.status, 2) << testing::PrintToString(arguments) << got.err;
    EXPECT_THAT(got.err, StartsWith("error: ")) << testing::PrintToString(arguments);
    EXPECT_THAT(got.out, IsEmpty());
  }
}

TEST(Program, PrintsTheApisOwnErrors) {
  for (const auto& [status, expected] : std::vector<std::pair<int, int>>{
           {400, 2}, {422, 2}, {401, 1}, {403, 1}, {404, 1}, {409, 1}, {500, 1}, {501, 1}, {503, 1}, {504, 4}}) {
    const FakeTeald teald{routes({{"POST", http_failure(status, "the \\u001b[2J reason")}})};
    const auto got = run_teal({"retry", "shop", "--server", teald.url()});
    EXPECT_EQ(got.status, expected) << status;
    EXPECT_THAT(got.err, StartsWith("error: the \\x1b[2J reason\n"));
  }
}

TEST(Program, SurvivesAnswersThatAreNoneOfTealds) {
  for (const std::string answer :
       {"garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\":", "",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ht>", "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "HTTP/1.1 500 x\r\nContent-Length: 5\r\n\r\nboom!"}) {
    const FakeTeald teald{[&](const Asked&) { return answer; }};
    for (const auto* verb : {"status", "history", "wait", "pause"}) {
      const auto got = run_teal({verb, "shop", "--server", teald.url()});
      EXPECT_TRUE(got.status == 1 || got.status == 3) << verb << ' ' << answer << got.status;
      EXPECT_THAT(got.err, StartsWith("error: ")) << answer;
      EXPECT_THAT(got.out, IsEmpty());
    }
  }
}

TEST(Program, ShowsStatusWhateverItSays) {
  const FakeTeald teald{shop("Degraded", "RolledBack")};
  const auto got = run_teal({"status", "shop", "--server", teald.url()});
  EXPECT_EQ(got.status, 0) << "the status could be shown";
  EXPECT_THAT(got.out, HasSubstr("✗ RolledBack"));
  EXPECT_THAT(got.out, Not(HasSubstr("\x1b"))) << "no terminal, no colours";
  EXPECT_THAT(run_teal({"status", "shop", "--server", teald.url()}, "", {"LC_ALL=C"}).out, HasSubstr("x RolledBack"));
  EXPECT_EQ(run_teal({"status", "nope", "--server", teald.url()}).status, 1);
}

TEST(Program, SendsVerbsAndManifests) {
  const FakeTeald teald{routes({{"POST /apis/teal/v1/applications/shop/plan",
                                 http_answer(200, R"({"metadata":{"name":"shop"},"fromVersion":"1.0","toVersion":"1.1",
      "revision":7,"summary":"1 job","changes":[{"path":"spec.version","from":"1.0","to":"1.1"}],"steps":[
      {"phase":"Migrating","action":"RunMigration","object":"j","message":"run the migration"}],"findings":["careful"]})")},
                                {"PUT", http_answer(200, "{}")},
                                {"DELETE", http_answer(202, "")},
                                {"POST", http_answer(200, "{}")}})};
  const Folder folder;
  const auto file = folder.write("shop.yaml", manifest);
  const std::vector<std::string> server{"--server", teald.url()};
  const auto run = [&](std::vector<std::string> arguments, const std::string& input = {}) {
    arguments.insert(arguments.end(), {"--server", teald.url()});
    const auto got = run_teal(arguments, input);
    EXPECT_EQ(got.status, 0) << testing::PrintToString(arguments) << got.err;
    return got.out;
  };
  EXPECT_EQ(run({"plan", "-f", file}),
            "shop: 1.0 → 1.1, revision 7\n1 job\n\nChanges\n  spec.version: 1.0 → 1.1\n\nSteps\n  Migrating\n"
            "     1. run the migration\n\nFindings\n  ! careful\n");
  run({"plan", "shop"});
  run({"apply", "-f", "-"}, manifest);
  run({"apply", "-f", folder.path(), "--dry-run"});
  run({"rollback", "shop", "--to-revision", "3"});
  run({"approve", "shop"});
  run({"delete", "shop"});
  const auto asked = teald.asked();
  ASSERT_EQ(asked.size(), 7U);
  EXPECT_EQ(asked[0].line, "POST /apis/teal/v1/applications/shop/plan");
  EXPECT_EQ(asked[0].body, manifest);
  EXPECT_THAT(asked[0].headers, HasSubstr("application/yaml"));
  EXPECT_EQ(asked[1].body, "");
  EXPECT_EQ(asked[2].line, "PUT /apis/teal/v1/applications/shop");
  EXPECT_EQ(asked[2].body, manifest);
  EXPECT_EQ(asked[3].line, "PUT /apis/teal/v1/applications/shop?dryRun=All");
  EXPECT_EQ(asked[4].line, "POST /apis/teal/v1/applications/shop/rollback");
  EXPECT_EQ(asked[4].body, "{\"toRevision\":3}");
  EXPECT_EQ(asked[5].line, "POST /apis/teal/v1/applications/shop/approve");
  EXPECT_EQ(asked[6].line, "DELETE /apis/teal/v1/applications/shop");
}

// Accepted is not done: each says what it means now, and what to say next.
TEST(Program, AVerbSaysWhatItMeansNowAndTheNextCommand) {
  const std::string accepted = R"({"kind":"Status","status":"Success","message":"shop: it is accepted","code":200})";
  const FakeTeald teald{routes({{"POST", http_answer(200, accepted)}, {"DELETE", http_answer(202, "{}")}})};
  const auto said = [&](std::vector<std::string> words, const std::string& format = "table") {
    words.insert(words.end(), {"-o", format, "--server", teald.url()});
    const auto got = run_teal(words);
    EXPECT_EQ(got.status, 0) << got.err;
    return got.out;
  };
  const std::vector<std::pair<std::vector<std::string>, std::pair<std::string, std::string>>> expected{
      {{"pause", "shop"}, {"shop is paused: nothing new starts", "teal resume shop goes on"}},
      {{"resume", "shop"}, {"shop is resumed: its rollout goes on", "teal wait shop"}},
      {{"approve", "shop"}, {"shop is approved: its rollout goes on", "teal wait shop"}},
      {{"abort", "shop"}, {"the rollout of shop is given up and goes back", "teal status shop --watch"}},
      {{"retry", "shop"}, {"shop will be tried again", "teal wait shop"}},
      {{"maintenance", "shop", "on"}, {"clients of shop get the maintenance page", "teal maintenance shop off"}},
      {{"maintenance", "shop", "off"}, {"requests to shop go on", ""}},
      {{"rollback", "shop"}, {"shop is to go back to the revision before", "teal status shop --watch"}},
      {{"rollback", "shop", "--to-revision", "3"}, {"shop is to go back to revision 3", "teal status shop --watch"}},
      {{"delete", "shop"}, {"shop is being deleted", "teal wait shop --for Deleted"}}};
  for (const auto& [words, parts] : expected) {
    const auto text = said(words);
    EXPECT_THAT(text, StartsWith(parts.first)) << words[0];
    EXPECT_THAT(text, HasSubstr(parts.second)) << words[0];
    EXPECT_EQ(std::ranges::count(text, '\n'), 1) << text;
    EXPECT_THAT(text, Not(HasSubstr("accepted"))) << text;
  }
  EXPECT_EQ(boost::json::parse(said({"pause", "shop"}, "json")), boost::json::parse(accepted)) << "as it came";
}

TEST(Program, SendsNothingWhenOneFileIsWrong) {
  const FakeTeald teald{routes({{"PUT", http_answer(200, "{}")}})};
  const Folder folder;
  folder.write("a.yaml", manifest);
  folder.write("b.yaml", "apiVersion: teal/v1\nkind: Nonsense\n");
  const auto got = run_teal({"apply", "-f", folder.path(), "--server", teald.url()});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, HasSubstr("b.yaml:2:"));
  EXPECT_TRUE(teald.asked().empty());
}

TEST(Program, ValidatesWithoutADaemon) {
  const Folder folder;
  const auto good = folder.write("good.yaml", manifest);
  EXPECT_EQ(run_teal({"validate", good}).out, good + ": ok, application shop version 1.1\n");
  EXPECT_EQ(run_teal({"validate", "-"}, manifest).out, "<stdin>: ok, application shop version 1.1\n");
  const auto bad = folder.write("bad.yaml", std::string{manifest} + "  colour: red\n  size: 3\n");
  const auto got = run_teal({"validate", folder.path()});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, HasSubstr(bad + ":8:"));
  EXPECT_THAT(got.err, HasSubstr("spec.colour: "));
  EXPECT_THAT(got.err, HasSubstr(bad + ":9:")) << "every error at once";
  EXPECT_THAT(got.out, HasSubstr(good + ": ok")) << "the others are still told about";
  const auto document = boost::json::parse(run_teal({"validate", bad, "-o", "json"}).out);
  EXPECT_EQ(document.at_pointer("/0/valid"), false);
  EXPECT_EQ(document.at_pointer("/0/diagnostics").as_array().size(), 2U);
}

TEST(Program, ValidateTakesOfADirectoryWhatTealdTakes) {
  const Folder folder;
  const auto first = folder.write("shop.yaml", manifest);
  const auto second = folder.write("shop.sync-conflict-1.yaml", manifest);
  const auto other = folder.write("OTHER.YML",
                                  "apiVersion: teal/v1\nkind: Application\nmetadata: {name: other}\n"
                                  "spec:\n  version: \"1.1\"\n  image: other\n  components: [{name: api}]\n");
  for (const auto* passed_over : {".shop.yaml.swp", ".hidden.yaml", "#shop.yaml#", "shop.yaml~", "notes.txt"}) {
    folder.write(passed_over, "no manifest");
  }
  const auto got = run_teal({"validate", folder.path()});
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.out, HasSubstr(other + ": ok, application other"));
  EXPECT_THAT(got.err, HasSubstr("metadata.name: application shop is in "));
  EXPECT_THAT(got.err, HasSubstr("teald takes only one of them"));
  EXPECT_EQ(std::ranges::count(got.err, '\n'), 1) << got.err;
  EXPECT_EQ(run_teal({"validate", first, second}).status, 0) << "two states of one file are compared like that";
}

TEST(Program, ValidateCallsOutWhatThisReleaseRefuses) {
  const auto got = run_teal({"validate", "-"}, std::string{manifest} +
                                                   "  migration: {strictCredentials: true, jobs: [{name: x, command: "
                                                   "[y]}]}\n");
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err,
              HasSubstr("accepted, but this release refuses to roll it out: spec.migration.strictCredentials"));
}

TEST(Program, ValidateKnowsTheLoadBalancersOfATealdThatAnswers) {
  const auto text = std::string{
      "apiVersion: teal/v1\nkind: Application\nmetadata: {name: shop}\nspec:\n"
      "  version: \"1\"\n  image: shop\n  components:\n"
      "    - {name: api, port: 80, loadBalancer: {name: edge, routes: [{}]}}\n"};
  EXPECT_EQ(run_teal({"validate", "-"}, text).status, 0) << "nobody says what there is";
  const auto teald = [](const std::string& balancers) {
    return routes({{"GET /version",
                    http_answer(200, R"({"version":"9.9","revision":"abc","loadBalancers":)" + balancers + "}")}});
  };
  const FakeTeald managed{teald(R"([{"name":"edge","takesRoutes":true}])")};
  EXPECT_EQ(run_teal({"validate", "-", "--server", managed.url()}, text).status, 0);
  const FakeTeald other{teald(R"([{"name":"edge","takesRoutes":false}])")};
  const auto got = run_teal({"validate", "-", "--server", other.url()}, text);
  EXPECT_EQ(got.status, 2);
  EXPECT_THAT(got.err, HasSubstr("<stdin>:8:"));
  EXPECT_THAT(got.err, HasSubstr("spec.components[0].loadBalancer.routes: "));
}

TEST(Program, PrintsLogsOfEverythingOrOfOne) {
  const FakeTeald teald{shop("Progressing", "Starting")};
  const auto all = run_teal({"logs", "shop", "--server", teald.url()});
  EXPECT_THAT(all.out, StartsWith("==> shop-7 job default <==\nALTER TABLE\n\n==> shop-7 component api replica 0 <==\n"
                                  "api \\x1b[31mup\n"));
  EXPECT_EQ(all.status, 1) << "the log of api replica 1 is missing although it runs";
  EXPECT_THAT(all.err, HasSubstr("component api replica 1: no such log"));
  EXPECT_EQ(run_teal({"logs", "shop", "--migration", "--server", teald.url()}).out, "ALTER TABLE\n");
  EXPECT_EQ(
      run_teal({"logs", "shop", "--component", "api", "--replica", "0", "--revision", "7", "--server", teald.url()})
          .out,
      "api \\x1b[31mup\n");
  const auto wrong = run_teal({"logs", "shop", "-c", "web", "--server", teald.url()});
  EXPECT_EQ(wrong.status, 1);
  EXPECT_THAT(wrong.err, HasSubstr("shop has no component web; it has: api, worker"));
}

TEST(Program, PrintsEveryAttemptOfAMigration) {
  auto rollout = canned_rollout();
  rollout.replace(rollout.find("\"attempts\":1"), 12, "\"attempts\":2");
  const FakeTeald teald{
      routes({{"GET /apis/teal/v1/applications/shop", http_answer(200, canned_application())},
              {"GET /apis/teal/v1/rollouts/shop-7/logs?job=default&attempt=1", http_answer(200, "one\n")},
              {"GET /apis/teal/v1/rollouts/shop-7/logs?job=default&attempt=2", http_answer(200, "two")},
              {"GET /apis/teal/v1/rollouts/shop-7", http_answer(200, rollout)}})};
  const auto got = run_teal({"logs", "shop", "--migration", "--server", teald.url()});
  EXPECT_EQ(got.out, "==> shop-7 job default attempt 1 <==\none\n\n==> shop-7 job default attempt 2 <==\ntwo\n");
}

// What is followed comes in pieces; here teald answers each stream at once, and the rollout goes on between the looks.
TEST(Program, FollowsTheAttemptsOfAMigrationAsTheyCome) {
  auto looks = std::make_shared<std::atomic<int>>(0);
  const FakeTeald teald{[looks](const Asked& asked) {
    if (asked.line.find("/logs?job=default&attempt=1&follow=true") != std::string::npos)
      return http_answer(200, "one\n");
    if (asked.line.find("/logs?job=default&attempt=2&follow=true") != std::string::npos) return http_answer(200, "two");
    if (asked.line.starts_with("GET /apis/teal/v1/applications/shop")) return http_answer(200, canned_application());
    auto rollout = canned_rollout();
    const auto look = looks->fetch_add(1);
    const auto set = [&](const std::string& from, const std::string& to) {
      const auto found = rollout.find(from);
      if (found != std::string::npos) rollout.replace(found, from.size(), to);
    };
    set("\"attempts\":1", look == 0 ? "\"attempts\":0" : look < 3 ? "\"attempts\":1" : "\"attempts\":2");
    set("\"state\":\"Succeeded\"", look < 5 ? "\"state\":\"Running\"" : "\"state\":\"Succeeded\"");
    return http_answer(200, rollout);
  }};
  const auto got = run_teal({"logs", "shop", "--migration", "-f", "--server", teald.url()});
  EXPECT_EQ(got.status, 0) << got.err;
  EXPECT_EQ(got.out, "==> shop-7 job default attempt 1 <==\none\n\n==> shop-7 job default attempt 2 <==\ntwo\n");
}

TEST(Program, TellsItsVersionWithoutADaemonToo) {
  EXPECT_THAT(run_teal({"--version"}).out, StartsWith("teal "));
  EXPECT_EQ(run_teal({"version", "--client"}).status, 0);
  const FakeTeald teald{routes({{"GET /version", http_answer(200, R"({"version":"9.9","revision":"abc"})")}})};
  EXPECT_THAT(run_teal({"version", "--server", teald.url()}).out, HasSubstr("teald  9.9 (abc)\n"));
  const FakeTeald working{routes({{"GET /version", http_answer(200, R"({"version":"9.9","revision":"abc",
      "engines":[{"name":"local","version":"Docker 20.10.24"}],
      "loadBalancers":[{"name":"edge","takesRoutes":true,"version":"","message":"nobody listens at /run/admin.sock"}]})")}})};
  EXPECT_THAT(run_teal({"version", "--server", working.url()}).out,
              HasSubstr("teald  9.9 (abc)\n  engine local: Docker 20.10.24\n"
                        "  load balancer edge: not reached: nobody listens at /run/admin.sock\n"));
}

}  // namespace
}  // namespace teal::cli
