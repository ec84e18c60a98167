// `teal init --from-container`: what runs without Teal becomes a manifest that teald takes and rolls out as it is.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/integration/stage.hpp"

namespace teal::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class MovingIn : public Stage {};

TEST_F(MovingIn, AContainerRunsUnderTealAsItRanBefore) {
  const auto data = folder() + "/data";
  const auto out = folder() + "/out";
  std::filesystem::create_directory(data);
  std::filesystem::permissions(data, std::filesystem::perms::all);
  static_cast<void>(docker({"run",
                            "-d",
                            "--name",
                            "old",
                            "-e",
                            "GREETING=two words",
                            "-e",
                            "API_TOKEN=handmade_planted",
                            "-v",
                            data + ":/data",
                            "--memory",
                            "64m",
                            "--stop-signal",
                            "SIGINT",
                            "--stop-timeout",
                            "1",
                            "--cap-drop",
                            "ALL",
                            "sample:1",
                            "/bin/sh",
                            "-c",
                            "echo \"$GREETING $API_TOKEN\" > /data/said; while :; do sleep 1; done"}));
  const auto docker_host = servers().value("DOCKER_HOST");
  const auto init = teal({"init", "moved", "--from-container", "old", "--docker", docker_host, "--directory", out});
  EXPECT_EQ(init.status, 0) << init.text;
  EXPECT_THAT(init.text, Not(HasSubstr("handmade_planted")));
  EXPECT_EQ(teal({"validate", out + "/moved.yaml"}).status, 0);
  static_cast<void>(docker({"rm", "-f", "old"}));
  std::filesystem::remove(data + "/said");

  std::ifstream file{out + "/moved.yaml"};
  const std::string manifest{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_THAT(manifest, AllOf(HasSubstr("signal: SIGINT"), HasSubstr("64Mi"), Not(HasSubstr("handmade_planted"))));
  teald().save("moved.yaml", manifest);
  ASSERT_TRUE(complete(1, 120s, "moved"));
  ASSERT_TRUE(eventually("it has said the same", 10s, [&] {
    std::ifstream said{data + "/said"};
    return std::string{std::istreambuf_iterator<char>{said}, {}} == "two words handmade_planted\n";
  }));
  const auto missing =
      teal({"init", "moved", "--from-container", "nobody", "--docker", docker_host, "--directory", out, "--force"});
  EXPECT_EQ(missing.status, 1);
  EXPECT_THAT(missing.text, HasSubstr("there is no container nobody"));
}

// The stage's HAProxy and dockerd, with a configuration that names them.
TEST_F(MovingIn, TheDoctorFindsDockerAndHaproxyWellAndAMissingSocketNot) {
  const auto config = folder() + "/doctor.yaml";
  const auto write = [&](const std::string& haproxy) {
    std::ofstream{config} << "apiVersion: teal/v1\nkind: DaemonConfig\nmanifests: " + teald().manifests() +
                                 "\nengines: [{name: local, docker: {host: \"" + servers().value("DOCKER_HOST") +
                                 "\"}}]\nloadBalancers: [{name: edge, haproxy: {socket: \"unix:" + haproxy + "\"}}]\n";
  };
  write(folder() + "/none.sock");
  const auto doctor = teal({"doctor", "--config", config});
  EXPECT_EQ(doctor.status, 1);
  EXPECT_THAT(doctor.text, AllOf(HasSubstr("problem  load balancer edge: there is no socket"),
                                 HasSubstr("ok       engine local: Docker "), HasSubstr("ok       teald: answers at")));
  write(servers().value("HAPROXY_ADMIN_SOCKET"));
  EXPECT_THAT(teal({"doctor", "--config", config}).text, HasSubstr("ok       load balancer edge: HAProxy 2."));
}

}  // namespace
}  // namespace teal::test
