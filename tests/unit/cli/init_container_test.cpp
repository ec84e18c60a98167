// teal init --from-container, against a Docker whose answers are canned.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <map>

#include "manifests/parse/parse.hpp"
#include "tests/support/certificates.hpp"
#include "tests/unit/cli/fake_teald.hpp"

namespace teal::cli {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace json = boost::json;

constexpr const char* image = R"({"Id": "sha256:abc", "RepoTags": ["shop:1.4"], "Config": {
  "Env": ["PATH=/bin", "OF_IMAGE=1"], "Cmd": ["serve"], "Entrypoint": ["/start"], "User": "app", "StopSignal": "SIGQUIT"}})";

// As GET /containers/NAME/json has it; `config` and `host` replace keys of Config and HostConfig.
std::string container(const std::string& name, const std::string& config = "{}", const std::string& host = "{}",
                      const std::string& mounts = "[]") {
  auto document = json::parse(R"({"Image": "sha256:abc",
    "Config": {"Image": "registry.example/shop:1.4", "Env": ["PATH=/bin", "OF_IMAGE=1"], "Cmd": ["serve"],
               "Entrypoint": ["/start"], "User": "app", "StopSignal": "SIGQUIT", "Labels": {}},
    "HostConfig": {"NetworkMode": "default", "Privileged": false, "Devices": null, "PidsLimit": null}})")
                      .as_object();
  document["Name"] = "/" + name;
  document["Mounts"] = json::parse(mounts);
  const auto replace = [&](const char* part, const std::string& keys) {
    const auto parsed = json::parse(keys);
    for (const auto& [key, value] : parsed.as_object()) document[part].as_object()[key] = value;
  };
  replace("Config", config);
  replace("HostConfig", host);
  return json::serialize(document);
}

class InitFromContainer : public testing::Test {
 protected:
  void runs(const std::string& name, const std::string& document) { containers_[name] = document; }
  Outcome init(std::vector<std::string> words) {
    const FakeTeald docker{[this](const Asked& asked) {
      if (asked.line.starts_with("GET /images/sha256%3Aabc/json") ||
          asked.line.starts_with("GET /images/sha256:abc/json"))
        return http_answer(200, image);
      for (const auto& [name, document] : containers_) {
        if (asked.line == "GET /containers/" + name + "/json") return http_answer(200, document);
      }
      return http_answer(404, R"({"message": "No such container"})");
    }};
    words.insert(words.begin(), "init");
    words.insert(words.end(), {"--docker", docker.url(), "--directory", folder_.path(), "--config",
                               machine_.write("teald.yaml", "")});
    const auto got = run_teal(words);
    said_ = got.out + got.err;
    return got;
  }
  std::string text(const std::string& name) const { return test::Certificates::text(folder_.path() + '/' + name); }
  spec::Application application(const std::string& name) const {
    const auto parsed = yaml::parse_application(text(name + ".yaml"), name);
    EXPECT_TRUE(parsed.application) << spec::to_string(parsed.diagnostics);
    return parsed.application.value_or(spec::Application{});
  }

  Folder folder_;
  Folder machine_;
  std::map<std::string, std::string> containers_;
  std::string said_;
};

TEST_F(InitFromContainer, TakesOverWhatIsNotTheImages) {
  runs("web",
       container("web", R"({"Env": ["PATH=/bin", "OF_IMAGE=1", "KEY=planted=x", "OF_IMAGE2=2"], "Cmd": ["serve", "-v"],
    "User": "1000", "StopSignal": "SIGINT", "StopTimeout": 20, "ExposedPorts": {"9000/tcp": {}, "8000/tcp": {}},
    "Healthcheck": {"Test": ["CMD", "curl", "-f", "http://localhost:8000/up"], "Interval": 5000000000,
                    "Timeout": 2000000000, "StartPeriod": 40000000000, "Retries": 4}})",
                 R"({"Memory": 268435456, "NanoCpus": 1500000000, "PidsLimit": 50, "CapAdd": ["CAP_NET_ADMIN"],
    "CapDrop": ["ALL"], "ReadonlyRootfs": true, "SecurityOpt": ["no-new-privileges"],
    "PortBindings": {"8000/tcp": [{"HostIp": "", "HostPort": "80"}]}})",
                 R"([{"Type": "bind", "Source": "/srv/data", "Destination": "/data", "RW": false}])"));
  ASSERT_EQ(init({"--from-container", "web"}).status, 0) << said_;
  const auto got = application("web");
  EXPECT_EQ(got.spec.image, "registry.example/shop");
  EXPECT_EQ(got.spec.version, "1.4");
  const auto& web = got.spec.components.at(0);
  EXPECT_THAT(web.command, ElementsAre("serve", "-v"));
  EXPECT_EQ(web.port, 8000);
  EXPECT_EQ(web.health.path, "/up");
  EXPECT_EQ(web.health.interval, std::chrono::seconds{5});
  EXPECT_EQ(web.health.timeout, std::chrono::seconds{2});
  EXPECT_EQ(web.health.startup, std::chrono::seconds{40});
  EXPECT_EQ(web.health.failures, 4);
  EXPECT_EQ(web.stop.signal, "SIGINT");
  EXPECT_EQ(web.stop.grace, std::chrono::seconds{20});
  EXPECT_EQ(web.resources.memory_bytes, 256 << 20);
  EXPECT_EQ(web.resources.cpus, 1.5);
  EXPECT_EQ(web.security.pids, 50);
  EXPECT_EQ(web.security.user, "1000");
  EXPECT_TRUE(web.security.read_only_root_filesystem);
  EXPECT_THAT(web.security.add, ElementsAre("NET_ADMIN"));
  EXPECT_THAT(web.security.drop, ElementsAre("ALL"));
  EXPECT_THAT(web.mounts, ElementsAre(spec::Mount{"/srv/data", "/data", true}));
  EXPECT_THAT(text("web.env"),
              AllOf(HasSubstr("\nKEY=planted=x\nOF_IMAGE2=2\n"), Not(HasSubstr("PATH")), Not(HasSubstr("OF_IMAGE="))));
  EXPECT_THAT(said_, AllOf(HasSubstr("port 9000 is left out"), Not(HasSubstr("planted"))));
}

TEST_F(InitFromContainer, LeavesToTheImageWhatIsTheImagesButForItsStopSignal) {
  runs("web", container("web"));
  ASSERT_EQ(init({"--from-container", "web"}).status, 0) << said_;
  const auto& web = application("web").spec.components.at(0);
  EXPECT_THAT(web.command, IsEmpty());
  EXPECT_EQ(web.security.user, "");
  EXPECT_EQ(web.stop.signal, "SIGQUIT") << "Teal sends its own, whatever the image says";
  EXPECT_FALSE(web.port);
}

TEST_F(InitFromContainer, MakesReplicasOfContainersOfOneComposeService) {
  const auto of = [](const std::string& service) {
    return fmt::format(
        R"({{"Labels": {{"com.docker.compose.service": "{}", "com.docker.compose.project": "generator"}}}})", service);
  };
  runs("generator-api-1", container("generator-api-1", of("api")));
  runs("generator-api-2", container("generator-api-2", of("api")));
  runs("generator-worker-1", container("generator-worker-1", of("worker")));
  ASSERT_EQ(init({"--from-container", "generator-api-1", "generator-api-2", "generator-worker-1"}).status, 0) << said_;
  const auto got = application("generator");
  ASSERT_EQ(got.spec.components.size(), 2U);
  EXPECT_EQ(got.spec.components[0].name, "api");
  EXPECT_EQ(got.spec.components[0].replicas, 2);
  EXPECT_EQ(got.spec.components[1].name, "worker");
}

TEST_F(InitFromContainer, SaysWhatItHasNoWordFor) {
  runs("web",
       container(
           "web", R"({"Entrypoint": ["/other"]})",
           R"({"Privileged": true, "Devices": [{}], "ExtraHosts": ["a:1"], "NetworkMode": "inner", "Tmpfs": {"/t": ""},
                            "SecurityOpt": ["seccomp=unconfined"]})",
           R"([{"Type": "volume", "Name": "files", "Source": "/var/lib/docker/v", "Destination": "/f", "RW": true}])"));
  ASSERT_EQ(init({"--from-container", "web"}).status, 0) << said_;
  for (const auto* word :
       {"entrypoint", "privileged", "devices", "extra hosts", "tmpfs", "network inner", "seccomp", "files at /f"}) {
    EXPECT_THAT(said_, HasSubstr(std::string{"container web: "})) << word;
    EXPECT_THAT(said_, HasSubstr(word));
  }
}

TEST_F(InitFromContainer, SaysWhichContainerIsNotThereAndWhatToDoWithoutDocker) {
  EXPECT_EQ(init({"--from-container", "nobody"}).status, 1);
  EXPECT_THAT(said_, HasSubstr("there is no container nobody"));
  const auto got = run_teal({"init", "--from-container", "web", "--docker", "unix://" + folder_.path() + "/none.sock"});
  EXPECT_EQ(got.status, 3);
  EXPECT_THAT(got.err, AllOf(HasSubstr("cannot reach Docker"), HasSubstr("systemctl status docker")));
}

TEST_F(InitFromContainer, RefusesWhatTealRunsAlready) {
  runs("teal-shop-api-r7-0", container("teal-shop-api-r7-0", R"({"Labels": {"teal.application": "shop"}})"));
  EXPECT_EQ(init({"--from-container", "teal-shop-api-r7-0"}).status, 2);
  EXPECT_THAT(said_, HasSubstr("belongs to another orchestrator already"));
}

}  // namespace
}  // namespace teal::cli
