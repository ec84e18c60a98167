#include "daemon/drivers/engines/docker/inspect.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <functional>

namespace teal::docker {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

json::value inspected() {
  return json::parse(R"({
    "Id": "abc", "Name": "/teal-shop-api-r7-0", "Image": "sha256:feed", "Path": "/bin/sh", "Args": ["-c", "x"],
    "State": {"Status": "running", "Running": true, "OOMKilled": false, "ExitCode": 0, "Error": "",
              "StartedAt": "2026-11-22T18:18:00.808173322Z", "FinishedAt": "0001-01-01T00:00:00Z"},
    "Config": {"Env": ["A=1", "B=2"], "Cmd": ["-c", "x"], "Entrypoint": "/bin/sh", "StopSignal": "SIGQUIT",
               "Labels": {"teal.owner": "o", "teal.application": "shop", "teal.component": "api", "teal.role": "serve",
                          "teal.revision": "7", "teal.index": "0"}},
    "HostConfig": {"Binds": ["/a:/b"], "Mounts": [{"Source": "/c"}]},
    "Mounts": [{"Type": "bind", "Source": "/d"}],
    "NetworkSettings": {"Ports": {"9000/tcp": null,
                        "8000/tcp": [{"HostIp": "::1", "HostPort": "1"}, {"HostIp": "127.0.0.1", "HostPort": "49153"}]}}
  })");
}

json::value with_state(std::string_view state) {
  auto value = inspected();
  value.as_object()["State"] = json::parse({state.data(), state.size()});
  return value;
}

world::Container read(const json::value& value) {
  const auto container = read_container(value);
  EXPECT_TRUE(container) << container.error().message;
  EXPECT_TRUE(*container);
  return container && *container ? **container : world::Container{};
}

TEST(DockerInspect, ReadsARunningContainer) {
  const auto container = read(inspected());
  EXPECT_EQ(container.name, "teal-shop-api-r7-0");
  EXPECT_EQ(container.command_to_end, "docker kill teal-shop-api-r7-0");
  EXPECT_EQ(container.state, world::ContainerState::Running);
  EXPECT_EQ(container.address, "127.0.0.1:49153");
  EXPECT_EQ(format_time(*container.started_at), "2026-11-22T18:18:00.808Z");
  EXPECT_FALSE(container.finished_at);
  EXPECT_FALSE(container.exit_code);
  EXPECT_EQ(container.revision, 7);
  EXPECT_EQ(read_stop_signal(inspected()), "SIGQUIT");
}

TEST(DockerInspect, MapsEveryState) {
  const auto state = [](const std::string& status) {
    return read(with_state(fmt::format(R"({{"Status":"{}","ExitCode":3,"Error":"","StartedAt":"2026-11-22T18:18:00Z",)"
                                       R"("FinishedAt":"2026-11-22T18:19:00Z","OOMKilled":true}})",
                                       status)));
  };
  for (const auto* status : {"running", "paused", "restarting"}) {
    EXPECT_EQ(state(status).state, world::ContainerState::Running) << status;
    EXPECT_FALSE(state(status).exit_code);
  }
  for (const auto* status : {"exited", "dead", "removing"}) {
    EXPECT_EQ(state(status).state, world::ContainerState::Exited) << status;
    EXPECT_EQ(state(status).exit_code, 3);
    EXPECT_TRUE(state(status).out_of_memory);
    EXPECT_TRUE(state(status).finished_at);
    EXPECT_FALSE(state(status).address);
  }
}

TEST(DockerInspect, TellsANewContainerFromOneThatCouldNotStart) {
  const auto never = R"("StartedAt":"0001-01-01T00:00:00Z","FinishedAt":"0001-01-01T00:00:00Z")";
  const auto fresh = read(with_state(fmt::format(R"({{"Status":"created","ExitCode":0,"Error":"",{}}})", never)));
  EXPECT_EQ(fresh.state, world::ContainerState::Created);
  EXPECT_FALSE(fresh.exit_code);
  const auto failed =
      read(with_state(fmt::format(R"({{"Status":"created","ExitCode":127,"Error":"no such file",{}}})", never)));
  EXPECT_EQ(failed.state, world::ContainerState::Exited);
  EXPECT_EQ(failed.exit_code, 127);
  EXPECT_EQ(failed.engine_error, "no such file");
  EXPECT_FALSE(failed.started_at);
  const auto silent = read(with_state(fmt::format(R"({{"Status":"created","ExitCode":128,{}}})", never)));
  EXPECT_EQ(silent.state, world::ContainerState::Exited);
  EXPECT_THAT(silent.engine_error, HasSubstr("128"));
}

TEST(DockerInspect, LeavesOutWhatTealDidNotLabel) {
  for (const auto* label : {"teal.application", "teal.role", "teal.revision", "teal.index", "teal.component"}) {
    auto value = inspected();
    auto& labels = value.as_object()["Config"].as_object()["Labels"].as_object();
    labels.erase(label);
    auto container = read_container(value);
    ASSERT_TRUE(container) << label;
    EXPECT_FALSE(*container) << label;
    for (const json::value& bad : {json::value(-1), json::value("x7"), json::value(""), json::value(nullptr)}) {
      labels[label] = bad;
      container = read_container(value);
      ASSERT_TRUE(container) << label;
      EXPECT_FALSE(*container) << label << " " << bad;
    }
  }
}

// Every place of a good answer, one after the other, becomes something else.
void for_each_place(json::value& root, json::value& here, const json::value& other,
                    const std::function<void(const json::value&)>& check) {
  const auto original = here;
  here = other;
  check(root);
  here = original;
  if (auto* object = here.if_object()) {
    for (auto& entry : *object) for_each_place(root, entry.value(), other, check);
  } else if (auto* list = here.if_array()) {
    for (auto& entry : *list) for_each_place(root, entry, other, check);
  }
}

TEST(DockerInspect, SurvivesAnyTypeAnywhere) {
  int errors = 0;
  const std::function<void(const json::value&)> check = [&](const json::value& value) {
    const auto container = read_container(value);
    if (!container) {
      ++errors;
      EXPECT_EQ(container.error().code, ErrorCode::unavailable);
      EXPECT_THAT(container.error().message, HasSubstr("makes no sense"));
    }
    (void)read_exposure(value);
    (void)read_image_exposure(value);
    (void)read_image(value, "a:1");
    (void)read_stop_signal(value);
  };
  for (const json::value& other :
       {json::value(nullptr), json::value(-5), json::value(1e300), json::value(true), json::value("\xff\xfe"),
        json::value(json::array{1, "x", nullptr}), json::value(json::object{{"x", 1}}), json::value(UINT64_MAX)}) {
    auto value = inspected();
    for_each_place(value, value, other, check);
  }
  EXPECT_GT(errors, 20);
}

TEST(DockerInspect, ShowsEverythingThatIsExposed) {
  const auto exposure = read_exposure(inspected());
  ASSERT_TRUE(exposure);
  std::vector<std::string> environment;
  std::vector<std::string> texts;
  for (const auto& secret : exposure->environment) environment.push_back(secret.reveal());
  for (const auto& [where, secret] : exposure->texts) texts.push_back(secret.reveal());
  EXPECT_THAT(environment, testing::ElementsAre("A=1", "B=2"));
  EXPECT_THAT(texts, testing::IsSupersetOf({"-c", "x", "/bin/sh", "/a:/b", "/c", "/d", "teal.application=shop"}));
}

TEST(DockerInspect, ShowsEverythingThatAnImageBringsAlong) {
  const auto image = json::parse(R"({"Id":"sha256:1","Config":{"Env":["BAKED=1"],"Cmd":["serve","--fast"],
    "Entrypoint":["/entry"],"Shell":["/bin/sh","-c"],"Labels":{"maintainer":"ann"},"OnBuild":["RUN x"],
    "Healthcheck":{"Test":["CMD","curl"]}}})");
  const auto exposure = read_image_exposure(image);
  ASSERT_TRUE(exposure);
  ASSERT_EQ(exposure->environment.size(), 1U);
  EXPECT_EQ(exposure->environment[0].reveal(), "BAKED=1");
  std::vector<std::string> texts;
  for (const auto& [where, secret] : exposure->texts) texts.push_back(fmt::format("{}: {}", where, secret.reveal()));
  EXPECT_THAT(texts, testing::UnorderedElementsAre("command: serve", "command: --fast", "entrypoint: /entry",
                                                   "shell: /bin/sh", "shell: -c", "labels: maintainer=ann",
                                                   "build triggers: RUN x", "health check: CMD", "health check: curl"));
  EXPECT_TRUE(read_image_exposure(json::parse(R"({"Id":"sha256:1","Config":null})")));
}

TEST(DockerReference, IsTakenApart) {
  const auto parts = [](const std::string& text) {
    const auto reference = parse_reference(text);
    return fmt::format("{}|{}|{}", reference.repository, reference.tag, reference.digest);
  };
  EXPECT_EQ(parts("a"), "a||");
  EXPECT_EQ(parts("a:1"), "a|1|");
  EXPECT_EQ(parts("host:5000/a"), "host:5000/a||");
  EXPECT_EQ(parts("host:5000/t/a:1.2"), "host:5000/t/a|1.2|");
  EXPECT_EQ(parts("host:5000/a:1@sha256:ff"), "host:5000/a|1|sha256:ff");
  EXPECT_EQ(parts("a@sha256:ff"), "a||sha256:ff");
  EXPECT_EQ(parts(""), "||");
}

TEST(DockerImage, TakesTheDigestOfItsOwnRepository) {
  const auto value =
      json::parse(R"({"Id":"sha256:id","RepoDigests":["other@sha256:1","host:5000/a@sha256:2","b@sha256:3",7]})");
  EXPECT_EQ(read_image(value, "host:5000/a:1")->digest, "sha256:2");
  EXPECT_EQ(read_image(value, "docker.io/library/b:1")->digest, "sha256:3");
  EXPECT_EQ(read_image(value, "mine:1")->digest, "sha256:id");
  EXPECT_EQ(read_image(json::parse(R"({"Id":"sha256:id","RepoDigests":null})"), "a")->digest, "sha256:id");
  EXPECT_FALSE(read_image(json::parse(R"({"Id":7})"), "a"));
}

// Of the engine's own store, of containerd's, and of what was built here and never pushed, in both.
TEST(DockerImage, SaysWhetherItIsNamedByItsDigestWhateverKindOfIdItHas) {
  const auto pulled = json::parse(R"({"Id":"sha256:config","RepoDigests":["host:5000/a@sha256:manifest"]})");
  EXPECT_EQ(*read_image(pulled, "host:5000/a:1"), (world::Image{"sha256:config", "sha256:manifest", true}));
  const auto into_containerd = json::parse(R"({"Id":"sha256:index","RepoDigests":["host:5000/a@sha256:index"]})");
  EXPECT_EQ(*read_image(into_containerd, "host:5000/a:1"), (world::Image{"sha256:index", "sha256:index", true}));
  const auto built = json::parse(R"({"Id":"sha256:config","RepoDigests":[]})");
  EXPECT_EQ(*read_image(built, "a:1"), (world::Image{"sha256:config", "sha256:config", false}));
  EXPECT_EQ(*read_image(into_containerd, "sha256:index"), (world::Image{"sha256:index", "sha256:index", false}))
      << "an id names no repository";
}

TEST(DockerImage, OfSeveralDigestsOfItsRepositoryTheNamedOneElseTheResolvedOneElseAlwaysTheSame) {
  const auto one = json::parse(R"({"Id":"sha256:id","RepoDigests":["a@sha256:3","a@sha256:1","a@sha256:2"]})");
  const auto other = json::parse(R"({"Id":"sha256:id","RepoDigests":["a@sha256:2","a@sha256:3","a@sha256:1"]})");
  EXPECT_EQ(read_image(one, "a:1")->digest, read_image(other, "a:1")->digest);
  EXPECT_EQ(read_image(one, "a@sha256:3")->digest, "sha256:3");
  EXPECT_EQ(read_image(one, "a:1", "sha256:2")->digest, "sha256:2");
  EXPECT_EQ(read_image(one, "a:1", "sha256:elsewhere")->digest, "sha256:1");
}

}  // namespace
}  // namespace teal::docker
