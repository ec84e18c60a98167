// Where secrets come from, where they end up and what becomes of a wrong one, on the real parts. That none is told is
// searched for after every integration test (tests/integration/planted).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iostream>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class SecretPlaces : public Stage {
 protected:
  [[nodiscard]] static Shop small() {
    Shop shop;
    shop.replicas = 1;
    shop.workers = 0;
    return shop;
  }
  std::string file(const std::string& name, const std::string& text, unsigned mode = 0600) {
    const auto path = planted_secrets().folder() + "/" + name;
    std::ofstream{path} << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  std::string helper(const std::string& script) { return file("helper", "#!/bin/sh\n" + script + "\n", 0700); }
  // What the rollout says that waits or has failed.
  std::string message(int revision) {
    return text_at(application(), "/status/message") + " | " + text_at(rollout(revision), "/status/message");
  }
};

TEST_F(SecretPlaces, EveryKindReachesTheContainersThatItIsFor) {
  auto shop = small();
  shop.workers = 1;
  ASSERT_TRUE(install(shop));
  const auto env = docker({"exec", "teal-shop-api-r1-0", "env"});
  for (const auto* name : {"PLANTED_FILE=pl4ntedfile", "PLANTED_VARIABLE=pl4ntedvariable", "PLANTED_JSON=pl4ntedjson",
                           "PLANTED_PROGRAM=pl4ntedprogram", "PLANTED_PASSWORD=pl4ntedenvfile", "PLANTED_LEVEL=info"}) {
    EXPECT_THAT(env, HasSubstr(name));
  }
  EXPECT_THAT(env, Not(HasSubstr("pl4ntedjob")));
}

// C1: the container's own value would hide the image's from `docker inspect` of the container, not from who has the
// image.
TEST_F(SecretPlaces, AnImageThatHoldsAMigrationCredentialIsNeverStarted) {
  const auto password = lines_of(read_text(servers().value("PG_MIGRATION_PASSWORD_FILE"))).at(0);
  build_images({"2"}, "APP_TITLE=" + password);
  auto shop = small();
  ASSERT_TRUE(install(shop));
  shop.version = "2";
  shop.env["APP_TITLE"] = "own";
  save(shop);
  EXPECT_EQ(ended(2), "RolledBack");
  EXPECT_THAT(text_at(rollout(2), "/status/failure"),
              HasSubstr("the variable APP_TITLE of its image would hold the migration credential DB__PASSWORD"));
  EXPECT_EQ(containers(), replicas(1, 1, 0)) << "not even created";
  build_images({"2"});
}

// A migration's credentials may be taken away once it is done: what serves is kept, nothing new begins without proof.
TEST_F(SecretPlaces, AMigrationsCredentialThatIsTakenAwayHoldsANewVersionAndNotADeadReplica) {
  const auto credential = file("later", read_text(servers().value("PG_MIGRATION_PASSWORD_FILE")));
  auto shop = small();
  auto text = manifest(shop);
  const auto& given = servers().value("PG_MIGRATION_PASSWORD_FILE");
  text.replace(text.find(given), given.size(), credential);
  teald().save("shop.yaml", text);
  ASSERT_TRUE(complete(1));
  ::remove(credential.c_str());
  const auto before = running_containers();
  static_cast<void>(docker({"rm", "-f", "teal-shop-api-r1-0"}));
  EXPECT_TRUE(eventually("it is replaced", 20s, [&] {
    return running_containers().size() == before.size() && running_containers() != before;
  }));
  teald().save("shop.yaml", text.replace(text.find("version: \"1\""), 12, "version: \"2\""));
  EXPECT_NE(ended(2), "Complete");
  EXPECT_THAT(text_at(rollout(2), "/status/failure"), HasSubstr("DB__PASSWORD"));
  EXPECT_EQ(text_at(application(), "/status/activeVersion"), "1");
}

TEST_F(SecretPlaces, AreMaskedWhereAContainerPrintsThem) {
  auto shop = small();
  shop.workers = 1;
  auto text = manifest(shop);
  const std::string plain = "command: [\"./worker\"]";
  text.replace(text.find(plain), plain.size(), "command: [\"/bin/sh\", \"-c\", \"env; exec ./worker\"]");
  teald().save("shop.yaml", text);
  ASSERT_TRUE(complete(1));
  const auto said = teal({"logs", "shop", "--component", "worker"}).text;
  EXPECT_THAT(said, HasSubstr("PLANTED_FILE=***"));
  EXPECT_THAT(said, HasSubstr("PLANTED_PROGRAM=***"));
  EXPECT_THAT(said, HasSubstr("PLANTED_PASSWORD=***"));
  shop.version = "2";
  save(shop);
  ASSERT_TRUE(complete(2));
  EXPECT_THAT(teal({"logs", "shop", "--component", "worker"}).text, Not(HasSubstr("pl4nted")));
}

TEST_F(SecretPlaces, AsFilesAreReadByTheApplicationAndNotShownByInspect) {
  auto shop = small();
  shop.workers = 1;
  shop.worker_as_files = true;
  save(shop);
  ASSERT_TRUE(complete(1));
  const std::string worker = "teal-shop-worker-r1-0";
  const auto shown = docker({"inspect", worker});
  EXPECT_THAT(shown, Not(HasSubstr("pl4ntedfile")));
  EXPECT_THAT(shown, Not(HasSubstr("pl4ntedprogram")));
  EXPECT_THAT(shown, Not(HasSubstr(lines_of(read_text(servers().value("PG_APP_PASSWORD_FILE"))).at(0))));
  EXPECT_THAT(shown, HasSubstr("PLANTED_FILE_FILE=/run/secrets/PLANTED_FILE"));
  EXPECT_THAT(docker({"exec", worker, "cat", "/run/secrets/PLANTED_FILE"}), HasSubstr("pl4ntedfile"));
  const auto folder = lines_of(docker({"inspect", "-f",
                                       "{{range .Mounts}}{{if eq .Destination \"/run/secrets\"}}"
                                       "{{.Source}}{{end}}{{end}}",
                                       worker}))
                          .at(0);
  // A job that is done proves that the worker has read its password.
  feed_jobs(10, "0.1");
  ASSERT_TRUE(eventually("a job is done", 20s,
                         [this] { return sql("SELECT count(*) > 3 FROM jobs WHERE finishes = 1") == "t"; }));
  // teald comes and goes; the files stay with their container, and go with it.
  teald().kill();
  teald().start();
  EXPECT_THAT(docker({"exec", worker, "cat", "/run/secrets/PLANTED_FILE"}), HasSubstr("pl4ntedfile"));
  const auto said = teal({"logs", "shop", "--component", "worker"}).text;
  EXPECT_THAT(said, HasSubstr("***"));
  EXPECT_THAT(said, HasSubstr("said"));
  EXPECT_THAT(planted_secrets().found_in("log", said), testing::IsEmpty());
  shop.version = "2";
  save(shop);
  ASSERT_TRUE(complete(2));
  finish_jobs();
  struct ::stat status{};
  EXPECT_NE(::stat(folder.c_str(), &status), 0) << folder << " is still there";
}

TEST_F(SecretPlaces, ChangedSecretIsANewRevisionWithoutALostRequest) {
  auto shop = small();
  shop.replicas = 2;
  shop.more = "  restartOnChange: true\n";
  ASSERT_TRUE(install(shop));
  start_load();
  const auto one = std::chrono::steady_clock::now();
  planted_secrets().add("pl4ntedchanged0123456789");
  file("file", "pl4ntedchanged0123456789\n");
  ASSERT_TRUE(eventually("a new revision has begun", 20s, [this] { return !phase(2).empty(); }));
  std::cout << fmt::format("  noticed after {} ms\n",
                           std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - one).count());
  ASSERT_TRUE(complete(2));
  finish_load();
  EXPECT_THAT(docker({"exec", "teal-shop-api-r2-0", "env"}), HasSubstr("PLANTED_FILE=pl4ntedchanged0123456789"));
  ASSERT_EQ(told("SecretChanged").size(), 1u);
  EXPECT_THAT(told("SecretChanged").at(0), HasSubstr("spec.env.PLANTED_FILE (file "));
  EXPECT_EQ(migrations().size(), 1u) << "the image is the same: nothing to migrate";

  // One that disappears leaves what runs, and is said; teald that was away meanwhile notices what changed.
  ASSERT_EQ(std::rename((planted_secrets().folder() + "/file").c_str(), (planted_secrets().folder() + "/away").c_str()),
            0);
  ASSERT_TRUE(eventually("it is said", 20s, [this] { return condition("SecretsReadable", "status") == "False"; }));
  EXPECT_THAT(condition("SecretsReadable", "message"), HasSubstr("spec.env.PLANTED_FILE"));
  EXPECT_EQ(phase(3), "");
  EXPECT_FALSE(get().empty());
  EXPECT_EQ(teald().stop(), 0);
  planted_secrets().add("pl4ntedagain0123456789");
  file("file", "pl4ntedagain0123456789\n");
  teald().start();
  ASSERT_TRUE(complete(3));
  EXPECT_THAT(docker({"exec", "teal-shop-api-r3-0", "env"}), HasSubstr("PLANTED_FILE=pl4ntedagain0123456789"));
}

// Each wrong input: what is said names the source and what to change, and what runs is left alone.
TEST_F(SecretPlaces, WrongOneIsNamedWithWhatToChangeAndWhatRunsStays) {
  auto shop = small();
  ASSERT_TRUE(install(shop));
  const auto before = running_containers();
  const auto plain = manifest(small());
  struct Wrong {
    std::string source;
    std::vector<std::string> words;
  };
  const auto readable = file("readable", "pl4ntedreadable0123456789\n", 0644);
  planted_secrets().add("pl4ntedreadable0123456789");
  const auto hang = helper("sleep 100");
  const auto garbage = planted_secrets().folder() + "/garbage";
  std::ofstream{garbage} << "#!/bin/sh\nprintf 'pl4ntedgarbage\\377'\n";
  ::chmod(garbage.c_str(), 0700);
  const auto truncated = planted_secrets().folder() + "/truncated";
  std::ofstream{truncated} << "#!/bin/sh\nprintf '{\"value\": \"pl4ntedtruncated'\n";
  ::chmod(truncated.c_str(), 0700);
  const auto fails = planted_secrets().folder() + "/fails";
  std::ofstream{fails} << "#!/bin/sh\necho 'permission denied' >&2; exit 2\n";
  ::chmod(fails.c_str(), 0700);
  const std::vector<Wrong> all{
      {fmt::format("{{fromFile: {}}}", readable), {"WRONG: " + readable, "mode 0644", "chmod o-rwx"}},
      {"{fromFile: /no/such/file}", {"WRONG: /no/such/file: No such file or directory"}},
      {"{fromEnv: TEAL_TEST_NOT_SET}", {"WRONG: teald's own environment has no variable TEAL_TEST_NOT_SET"}},
      {"{fromFile: no_credential}", {"WRONG: systemd credential no_credential", "LoadCredential=no_credential:"}},
      {fmt::format("{{fromExec: [{}]}}", garbage), {"WRONG: fromExec " + garbage, "it is not valid UTF-8"}},
      {fmt::format("{{fromExec: [{}]}}", truncated),
       {"WRONG: fromExec " + truncated, "ends too early", "run it by hand"}},
      {fmt::format("{{fromExec: [{}]}}", fails),
       {"WRONG: fromExec " + fails, "status 2 (permission denied)", "run it by hand"}},
      {"{fromExec: [/no/such/helper]}", {"WRONG: fromExec: /no/such/helper cannot be run", "install it"}},
      {fmt::format("{{fromExec: [{}]}}", hang),
       {"WRONG: fromExec: " + hang + " did not end within 30s", "run it by hand"}},
  };
  int revision = 1;
  for (const auto& wrong : all) {
    auto text = plain;
    text.replace(text.find("    DB__HOST:"), 0, "    WRONG: " + wrong.source + "\n");
    text.replace(text.find("version: \"1\""), 12, fmt::format("version: \"{}\"", 2 + revision % 2));
    teald().save("shop.yaml", text);
    revision += 1;
    std::string said;
    const bool named = eventually(wrong.source, 45s, [&] {
      said = message(revision);
      return std::ranges::all_of(wrong.words, [&](const auto& word) { return said.find(word) != std::string::npos; });
    });
    EXPECT_TRUE(named) << said;
    EXPECT_FALSE(get().empty());
    EXPECT_EQ(running_containers(), before) << wrong.source;
    teald().save("shop.yaml", plain);
    ASSERT_TRUE(eventually("it is given up", 40s, [&] {
      const auto now = phase(revision);
      return (now == "RolledBack" || now == "Superseded" || now == "Failed") &&
             text_at(application(), "/status/phase") == "Healthy";
    })) << phase(revision);
  }
  EXPECT_EQ(migrations().size(), 1u);
}

}  // namespace
}  // namespace teal::test
