// teald as deploy/systemd/teald.service runs it: a user of its own, whose only rights are that it may open the sockets
// of Docker and HAProxy. (What systemd's sandbox leaves it is what systemd-analyze says: tests/service.)
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr uid_t somebody = 64119;  // no account has it, so it owns nothing that is not given to it

class ServiceUser : public Stage {
 protected:
  [[nodiscard]] uid_t user() const override { return somebody; }
  void TearDown() override {
    Stage::TearDown();
    std::filesystem::remove_all(fmt::format("/dev/shm/teal-secrets-{}", somebody));  // nobody will come to use it again
  }
  // "in-memory folder of the container's secrets", on the host
  std::string secrets_of(const std::string& container) {
    const auto found = lines_of(
        docker({"inspect", "-f", "{{range .Mounts}}{{if eq .Destination \"/run/secrets\"}}{{.Source}}{{end}}{{end}}",
                container}));
    return found.empty() ? "" : found.front();
  }
  // A line of /proc/<teald>/status, without its name.
  std::string status_line(const std::string& name) {
    for (const auto& line : lines_of(read_text(fmt::format("/proc/{}/status", teald().process().pid())))) {
      if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
    }
    return "";
  }
  void expect_no_rights() {
    for (const auto* kind : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
      EXPECT_EQ(status_line(kind), "0000000000000000") << kind;
    }
    EXPECT_EQ(status_line("NoNewPrivs"), "1");
    struct ::stat environment{};
    ASSERT_EQ(::stat(fmt::format("/proc/{}/environ", teald().process().pid()).c_str(), &environment), 0);
    EXPECT_EQ(environment.st_uid, 0U) << "programs of its own user could read it";
    EXPECT_EQ(status_line("Uid"), fmt::format("{0}\t{0}\t{0}\t{0}", somebody));
    EXPECT_THAT(" " + status_line("Groups"), Not(HasSubstr(" 0 "))) << "root's group";
  }
  void wait_for_migration(const std::string& version) {
    ASSERT_TRUE(eventually("the migration runs", 20s, [&] {
      return sql("SELECT count(*) FROM migration_runs WHERE version = '" + version + "'") != "0";
    }));
  }
};

TEST_F(ServiceUser, UpgradesWithMigrationUnderLoadAlthoughKilledInTheMiddle) {
  build_images({"2"}, "MIGRATION_SLEEP_MS=1500");
  Shop shop;
  shop.guarded = true;
  shop.worker_as_files = true;
  ASSERT_TRUE(install(shop));
  expect_no_rights();
  EXPECT_THAT(docker({"exec", "teal-shop-api-r1-0", "env"}), HasSubstr("PLANTED_PROGRAM=pl4ntedprogram")) << "fromExec";
  const auto old_secrets = secrets_of("teal-shop-worker-r1-0");
  EXPECT_THAT(docker({"exec", "teal-shop-worker-r1-0", "cat", "/run/secrets/PLANTED_FILE"}), HasSubstr("pl4ntedfile"));
  start_load();
  feed_jobs(10, "0.1");

  shop.version = "2";
  save(shop);
  wait_for_migration("2");
  teald().kill();
  std::this_thread::sleep_for(300ms);
  teald().start();
  ASSERT_TRUE(complete(2));

  finish_load();
  finish_jobs();
  EXPECT_EQ(migrations(), (std::vector<std::string>{"1 migration finished", "2 migration finished"}));
  EXPECT_EQ(containers(), replicas(2, 2, 1));
  EXPECT_THAT(docker({"exec", "teal-shop-worker-r2-0", "cat", "/run/secrets/PLANTED_FILE"}), HasSubstr("pl4ntedfile"));
  EXPECT_FALSE(std::filesystem::exists(old_secrets)) << old_secrets << " went with its container";
  expect_no_rights();
}

// What it may not read is said, and nothing that serves is touched for it.
TEST_F(ServiceUser, SaysWhichSecretItMayNotRead) {
  Shop shop;
  shop.workers = 0;
  ASSERT_TRUE(install(shop));
  const auto roots = planted_secrets().folder() + "/roots";
  std::ofstream{roots} << "pl4ntedroots0123456789\n";
  planted_secrets().add("pl4ntedroots0123456789");
  std::filesystem::permissions(roots, std::filesystem::perms{0600});
  const auto before = running_containers();
  auto text = manifest(shop);
  text.replace(text.find("    DB__HOST:"), 0, fmt::format("    OTHER: {{fromFile: {}}}\n", roots));
  teald().save("shop.yaml", text);
  EXPECT_TRUE(eventually("it is said", 30s, [&] {
    const auto said = text_at(application(), "/status/message") + text_at(rollout(2), "/status/message");
    return said.find(roots + ": Permission denied") != std::string::npos;
  })) << text_at(application(), "/status/message");
  EXPECT_EQ(running_containers(), before);
}

}  // namespace
}  // namespace teal::test
