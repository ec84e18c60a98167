// What `security` means inside a container of a real engine.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/conformance/engine_rigs.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;

class DockerSecurity : public testing::Test {
 protected:
  DockerSecurity() {
    spec_.application = "shop";
    spec_.unit = "api";
    spec_.revision = 1;
    spec_.name = "teal-shop-api-r1-0";
    spec_.image_id = rig_->run(rig_->engine().image(rig_->image_reference()))->id;
  }

  // What a script says that is run so; its exit code is the last line.
  std::string said_by(const std::string& script) {
    spec_.command = {"/bin/sh", "-c", script + "; echo exit $?"};
    const auto id = rig_->run(rig_->engine().create(spec_));
    EXPECT_TRUE(id) << id.error().message;
    if (!id) return {};
    const auto started = rig_->run(rig_->engine().start(*id));
    EXPECT_TRUE(started) << started.error().message;
    docker({"wait", *id});
    inspected_ = docker({"inspect", "-f",
                         "{{.Config.User}}|{{.HostConfig.ReadonlyRootfs}}|{{.HostConfig.SecurityOpt}}|"
                         "{{.HostConfig.CapDrop}}|{{.HostConfig.CapAdd}}|{{.HostConfig.PidsLimit}}",
                         *id});
    const auto log = rig_->run(rig_->engine().logs(*id, 10'000)).value();
    EXPECT_TRUE(rig_->run(rig_->engine().remove(*id)));
    return log;
  }
  static std::string docker(std::vector<std::string> words) {
    words.insert(words.begin(), {"docker", "-H", shared_servers().value("DOCKER_HOST")});
    return run_program(words);
  }

  std::unique_ptr<EngineRig> rig_ = make_rig(EngineKind::Docker);
  ports::ContainerSpec spec_;
  std::string inspected_;
};

TEST_F(DockerSecurity, NobodyGainsPrivilegesUnlessToldOtherwise) {
  EXPECT_EQ(said_by("grep NoNewPrivs /proc/self/status"), "NoNewPrivs:\t1\nexit 0\n");
  EXPECT_THAT(inspected_, testing::StartsWith("|false|[no-new-privileges]|[]|[]|"));
  spec_.security.no_new_privileges = false;
  EXPECT_EQ(said_by("grep NoNewPrivs /proc/self/status"), "NoNewPrivs:\t0\nexit 0\n");
}

TEST_F(DockerSecurity, RunsAsTheUserWithTheCapabilitiesAndTheProcessesThatItMayHave) {
  spec_.security.user = "1000:1001";
  spec_.security.drop = {"ALL"};
  spec_.security.add = {"NET_BIND_SERVICE"};
  spec_.security.pids = 32;
  const auto said = said_by(
      "id -u; id -g; grep CapBnd /proc/self/status; cat /sys/fs/cgroup/pids.max "
      "/sys/fs/cgroup/pids/pids.max 2>/dev/null");
  EXPECT_THAT(said, HasSubstr("1000\n1001\nCapBnd:\t0000000000000400\n"));
  EXPECT_THAT(said, HasSubstr("\n32\n"));
  EXPECT_THAT(inspected_, testing::StartsWith("1000:1001|false|[no-new-privileges]|[ALL]|"));
  EXPECT_THAT(inspected_, HasSubstr("NET_BIND_SERVICE]|32"));
}

// Mounts and secret files are where they belong, and writable ones stay writable.
TEST_F(DockerSecurity, AReadOnlyRootFilesystemHasItsMountsAndSecretFiles) {
  spec_.security.read_only_root_filesystem = true;
  spec_.files.emplace_back("KEY", masking::Secret{"planted"});
  const auto folder = shared_servers().folder() + "/writable";
  run_program({"mkdir", "-p", folder});
  spec_.mounts = {{folder, "/data", false}};
  const auto said = said_by(
      "cat /run/secrets/KEY; echo; echo x > /data/x && echo mounted; "
      "(echo x > /x) 2>/dev/null || echo read-only");
  EXPECT_THAT(said, HasSubstr("planted\nmounted\nread-only\n"));
  EXPECT_THAT(inspected_, testing::StartsWith("|true|"));
}

TEST_F(DockerSecurity, AUserThatTheImageLacksIsSaidAtTheStart) {
  spec_.security.user = "nobody-of-this-name";
  spec_.command = {"/bin/true"};
  const auto id = rig_->run(rig_->engine().create(spec_)).value();
  const auto started = rig_->run(rig_->engine().start(id));
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code, ErrorCode::invalid) << started.error().message;
  EXPECT_THAT(started.error().message, HasSubstr("nobody-of-this-name"));
}

}  // namespace
}  // namespace teal::test
