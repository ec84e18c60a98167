#include "daemon/drivers/engines/docker/create_body.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "daemon/drivers/engines/docker/job_init.hpp"

namespace teal::docker {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;

ports::ContainerSpec spec() {
  ports::ContainerSpec spec;
  spec.name = "teal-shop-api-r7-0";
  spec.image_id = "sha256:feed";
  spec.application = "shop";
  spec.unit = "api";
  spec.revision = 7;
  spec.version = "2";
  spec.image_digest = "sha256:d";
  return spec;
}

json::value body_of(const ports::ContainerSpec& spec, LogBounds logs = {true, true}) {
  return json::parse(create_body(spec, {"owner-1", {}, logs, false, {}}).value());
}

TEST(DockerCreate, LabelsReplicasAndJobs) {
  auto wanted = spec();
  EXPECT_EQ(body_of(wanted).at("Labels"), json::parse(R"({"teal.owner":"owner-1","teal.application":"shop",
    "teal.component":"api","teal.role":"serve","teal.revision":"7","teal.index":"0",
    "teal.version":"2","teal.digest":"sha256:d"})"));
  wanted.role = world::Role::Migrate;
  wanted.unit = "default";
  wanted.index = 2;
  EXPECT_EQ(body_of(wanted).at("Labels"), json::parse(R"({"teal.owner":"owner-1","teal.application":"shop",
    "teal.job":"default","teal.role":"migrate","teal.revision":"7","teal.index":"2",
    "teal.version":"2","teal.digest":"sha256:d"})"));
}

// The engine merges an image's labels with the container's: whatever an image says of Teal must not count.
TEST(DockerCreate, EmptiesWhatItsImageSaysOfTeal) {
  auto wanted = spec();
  wanted.role = world::Role::Migrate;
  wanted.unit = "default";
  const std::vector<std::string> of_image{"teal.component", "teal.owner", "teal.role", "teal.invented",
                                          "teal.",          "maintainer", "tealish"};
  const auto text = create_body(wanted, {"owner-1", of_image, {}, false, {}}).value();
  EXPECT_EQ(json::parse(text).at("Labels"), json::parse(R"({"teal.component":"","teal.owner":"owner-1","teal.role":
    "migrate","teal.invented":"","teal.":"","teal.application":"shop","teal.job":"default","teal.revision":"7",
    "teal.index":"0","teal.version":"2","teal.digest":"sha256:d"})"));
}

TEST(DockerCreate, PublishesOnTheLoopbackOnly) {
  auto wanted = spec();
  EXPECT_FALSE(body_of(wanted).as_object().contains("ExposedPorts"));
  wanted.port = 8000;
  EXPECT_EQ(body_of(wanted).at("HostConfig").at("PortBindings"),
            json::parse(R"({"8000/tcp":[{"HostIp":"127.0.0.1","HostPort":""}]})"));
}

TEST(DockerCreate, TakesTheImagesCommandUnlessOneIsGiven) {
  auto wanted = spec();
  EXPECT_FALSE(body_of(wanted).as_object().contains("Cmd"));
  wanted.command = {"a", "b \"c\""};
  EXPECT_EQ(body_of(wanted).at("Cmd"), json::parse(R"(["a","b \"c\""])"));
}

TEST(DockerCreate, MountsTheFolderOfItsSecretFilesAndShowsNothingOfThem) {
  auto wanted = spec();
  wanted.files.emplace_back("DB__PASSWORD", masking::Secret{"hunter2"});
  wanted.mounts = {{"/srv/x", "/data", false}};
  const auto text = create_body(wanted, {"owner-1", {}, {}, false, "/run/teal/secrets/o/c.x"}).value();
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_EQ(json::parse(text).at("HostConfig").at("Mounts"),
            json::parse(R"([{"Type":"bind","Source":"/srv/x","Target":"/data","ReadOnly":false},
    {"Type":"bind","Source":"/run/teal/secrets/o/c.x","Target":"/run/secrets","ReadOnly":true}])"));
}

TEST(DockerCreate, LimitsResources) {
  auto wanted = spec();
  wanted.resources.memory_bytes = 512LL << 20;
  wanted.resources.cpus = 1.5;
  const auto host = body_of(wanted).at("HostConfig");
  EXPECT_EQ(host.at("Memory"), 536870912);
  EXPECT_EQ(host.at("NanoCpus"), 1500000000);
}

TEST(DockerCreate, BoundsOfLogsWhatTheEnginesOwnerLeftOpen) {
  const auto log = [](LogBounds left) { return body_of(spec(), left).at("HostConfig").as_object(); };
  EXPECT_EQ(log({true, true}).at("LogConfig"),
            json::parse(R"({"Type":"json-file","Config":{"max-size":"10m","max-file":"3"}})"));
  EXPECT_EQ(log({true, false}).at("LogConfig"), json::parse(R"({"Type":"json-file","Config":{"max-size":"10m"}})"));
  EXPECT_FALSE(log({}).contains("LogConfig"));
}

TEST(DockerCreate, ASignalForAJobIsOneForItsWholeGroup) {
  auto wanted = spec();
  EXPECT_EQ(body_of(wanted).at("Env"), json::array{});
  EXPECT_FALSE(body_of(wanted).at("HostConfig").as_object().contains("Init"));
  wanted.role = world::Role::Migrate;
  EXPECT_EQ(body_of(wanted).at("Env"), json::parse(R"(["TINI_KILL_PROCESS_GROUP=1"])"));
  const auto with_init = json::parse(create_body(wanted, {"owner-1", {}, {}, true, {}}).value());
  EXPECT_EQ(with_init.at("HostConfig").at("Init"), true);
  wanted.env.emplace_back("TINI_KILL_PROCESS_GROUP", masking::Secret{"0"});
  EXPECT_EQ(body_of(wanted).at("Env"), json::parse(R"(["TINI_KILL_PROCESS_GROUP=0"])")) << "the manifest's own";
}

TEST(DockerCreate, KnowsAnImageThatBringsItsOwnInit) {
  const auto brings = [](std::string_view config, const std::vector<std::string>& command = {}) {
    return brings_init(json::parse(std::string{R"({"Config":)"}.append(config) + "}"), command);
  };
  EXPECT_TRUE(brings(R"({"Entrypoint":["/init"]})"));
  EXPECT_TRUE(brings(R"({"Entrypoint":["/usr/bin/tini","--"]})", {"migrate"}));
  EXPECT_TRUE(brings(R"({"Cmd":["/lib/systemd/systemd"]})"));
  EXPECT_TRUE(brings(R"({"Entrypoint":null})", {"dumb-init", "migrate"}));
  EXPECT_FALSE(brings(R"({"Cmd":["/init"]})", {"migrate"})) << "the command stands for the image's";
  EXPECT_FALSE(brings(R"({"Entrypoint":["/bin/sh","-c"]})", {"init"})) << "an argument";
  EXPECT_FALSE(brings(R"({"Cmd":["/bin/initdb"]})"));
  EXPECT_FALSE(brings("null"));
  EXPECT_FALSE(brings("{}")) << "since 1.52 what is unset is left out";
}

TEST(DockerCreate, OnlyFilesWithoutASizeAreLeftToUs) {
  const auto left = [](std::string_view log) {
    return bounds_left(json::parse(std::string{R"({"HostConfig":{"LogConfig":)"}.append(log) + "}}"));
  };
  EXPECT_EQ(left(R"({"Type":"json-file","Config":{}})"), (LogBounds{true, true}));
  EXPECT_EQ(left(R"({"Type":"json-file","Config":null})"), (LogBounds{true, true}));
  EXPECT_EQ(left(R"({"Type":"json-file","Config":{"tag":"x"}})"), (LogBounds{true, true}));
  EXPECT_EQ(left(R"({"Type":"json-file","Config":{"max-file":"5"}})"), (LogBounds{true, false}));
  EXPECT_EQ(left(R"({"Type":"json-file","Config":{"max-size":"500m","max-file":"10"}})"), LogBounds{});
  EXPECT_EQ(left(R"({"Type":"json-file","Config":{"max-size":"500m"}})"), LogBounds{});
  for (const auto* other : {"local", "journald", "none", "syslog", "a/plugin"}) {
    EXPECT_EQ(left(std::string{R"({"Type":")"} + other + R"(","Config":{}})"), LogBounds{}) << other;
  }
  EXPECT_EQ(left("null"), LogBounds{}) << "an engine that does not say is not overruled";
}

TEST(DockerCreate, ForbidsNewPrivilegesUnlessToldOtherwise) {
  auto wanted = spec();
  auto body = body_of(wanted);
  EXPECT_EQ(body.at("HostConfig").at("SecurityOpt"), json::parse(R"(["no-new-privileges"])"));
  EXPECT_FALSE(body.as_object().contains("User"));
  for (const auto* key : {"ReadonlyRootfs", "CapDrop", "CapAdd", "PidsLimit"}) {
    EXPECT_FALSE(body.at("HostConfig").as_object().contains(key)) << key << " is Docker's own";
  }
  wanted.security.no_new_privileges = false;
  EXPECT_FALSE(body_of(wanted).at("HostConfig").as_object().contains("SecurityOpt"));
}

TEST(DockerCreate, SaysUserCapabilitiesRootFilesystemAndProcesses) {
  auto wanted = spec();
  wanted.security = {"1000:1000", true, true, {"ALL"}, {"CHOWN", "NET_BIND_SERVICE"}, 64};
  const auto body = body_of(wanted);
  EXPECT_EQ(body.at("User"), "1000:1000");
  const auto& host = body.at("HostConfig");
  EXPECT_EQ(host.at("ReadonlyRootfs"), true);
  EXPECT_EQ(host.at("CapDrop"), json::parse(R"(["ALL"])"));
  EXPECT_EQ(host.at("CapAdd"), json::parse(R"(["CHOWN","NET_BIND_SERVICE"])"));
  EXPECT_EQ(host.at("PidsLimit"), 64);
}

TEST(DockerCreate, RefusesAnEnvironmentThatCannotBe) {
  for (const std::string& name : {std::string{}, std::string{"A=B"}, std::string{"A\0B", 3}}) {
    auto wanted = spec();
    wanted.env.emplace_back(name, masking::Secret{"hunter2"});
    const auto body = create_body(wanted, {"o", {}, {}, false, {}});
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::invalid);
    EXPECT_THAT(body.error().message, Not(HasSubstr("hunter2")));
  }
  auto wanted = spec();
  wanted.env.emplace_back("A", masking::Secret{std::string{"hunter\0"
                                                           "2",
                                                           8}});
  const auto body = create_body(wanted, {"o", {}, {}, false, {}});
  ASSERT_FALSE(body);
  EXPECT_THAT(body.error().message, testing::AllOf(HasSubstr("A"), Not(HasSubstr("hunter"))));
}

TEST(DockerCreate, QuotesNoSecretInAnError) {
  masking::SecretEnvironment env;
  env.emplace_back("PASSWORD", masking::Secret{"hunter2"});
  env.emplace_back("PIN", masking::Secret{"1"});
  env.emplace_back("EMPTY", masking::Secret{""});
  EXPECT_EQ(without_secrets("bad: PASSWORD=hunter2, PIN=1 of 10, hunter2hunter2", env),
            "bad: PASSWORD=***, PIN=*** of 10, ******");
}

}  // namespace
}  // namespace teal::docker
