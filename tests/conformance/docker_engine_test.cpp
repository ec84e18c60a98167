// What only the real Docker Engine can show: other owners' containers, limits, its event stream, its absence.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "daemon/drivers/engines/docker/docker_events.hpp"
#include "daemon/runtime/task_group.hpp"
#include "tests/conformance/engine_rigs.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

// Not that of another run on this machine, whose secret files would be taken for forgotten ones.
std::string own_name() { return fmt::format("docker-test-{}", ::getpid()); }

std::string file_content(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

class Docker : public testing::Test {
 protected:
  Docker() : engine_(make(own_name())) {}
  ~Docker() override {
    const auto left = await(loop_, engine_->list(""));
    if (!left) return;
    for (const auto& container : *left) (void)await(loop_, engine_->remove(container.id));
  }

  std::unique_ptr<ports::Engine> make(const std::string& owner) {
    docker::DockerOptions options;
    options.endpoint = http::parse_endpoint(shared_servers().value("DOCKER_HOST")).value();
    options.owner = owner;
    return docker::make_docker_engine(loop_.get_executor(), std::move(options));
  }
  ports::ContainerSpec spec(const std::string& script) {
    ports::ContainerSpec spec;
    spec.application = "shop";
    spec.unit = "api";
    spec.name = "teal-shop-api-r1-0";
    spec.revision = 1;
    spec.image_id = await(loop_, engine_->image("contract:1"))->id;
    spec.command = {"/bin/sh", "-c", script};
    return spec;
  }
  static std::string docker(std::vector<std::string> words) {
    words.insert(words.begin(), {"docker", "-H", shared_servers().value("DOCKER_HOST")});
    return run_program(words);
  }

  boost::asio::io_context loop_;
  std::unique_ptr<ports::Engine> engine_;
};

TEST_F(Docker, TouchesNothingOfAnotherOwner) {
  const auto other = make("somebody-else");
  const auto id = *await(loop_, other->create(spec("sleep 100")));
  ASSERT_TRUE(await(loop_, other->start(id)));
  EXPECT_TRUE(await(loop_, engine_->list(""))->empty());
  EXPECT_EQ(await(loop_, engine_->start(id)).error().code, ErrorCode::not_found);
  EXPECT_EQ(await(loop_, engine_->logs(id, 10)).error().code, ErrorCode::not_found);
  EXPECT_EQ(await(loop_, engine_->exposure(id)).error().code, ErrorCode::not_found);
  (void)await(loop_, engine_->stop(id, "SIGKILL"));
  (void)await(loop_, engine_->remove(id));
  EXPECT_EQ(await(loop_, other->list(""))->at(0).state, world::ContainerState::Running);
  EXPECT_TRUE(await(loop_, other->remove(id)));
}

TEST_F(Docker, AppliesLimitsMountsAndTheStopSignal) {
  auto wanted = spec("cat /host/seed; exit 0");
  const auto seed = shared_servers().folder() + "/seed";
  run_program({"sh", "-c", "mkdir -p " + seed + " && echo from the host > " + seed + "/seed"});
  wanted.mounts = {{seed, "/host", true}};
  wanted.resources.memory_bytes = 64 << 20;
  wanted.resources.cpus = 0.5;
  wanted.stop_signal = "SIGUSR1";
  const auto id = *await(loop_, engine_->create(wanted));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  EXPECT_EQ(docker({"wait", id}), "0\n");
  EXPECT_EQ(*await(loop_, engine_->logs(id, 100)), "from the host\n");
  EXPECT_EQ(docker({"inspect", "-f",
                    "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.Config.StopSignal}} "
                    "{{.HostConfig.RestartPolicy.Name}} {{index .HostConfig.LogConfig.Config \"max-size\"}}",
                    id}),
            "67108864 500000000 SIGUSR1 no 10m\n");
}

// asFiles: any user of the container reads them, nobody writes them, and `docker inspect` shows nothing.
TEST_F(Docker, GivesSecretFilesThatInspectDoesNotShow) {
  auto wanted = spec("cat /run/secrets/KEY; echo; touch /run/secrets/x 2>&1 || echo read-only; exec sleep 100");
  wanted.files.emplace_back("KEY", masking::Secret{"hunter2-planted"});
  const auto id = *await(loop_, engine_->create(wanted));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  for (int i = 0; i < 500 && docker({"logs", id}).find("read-only\n") == std::string::npos; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  EXPECT_THAT(docker({"logs", id}), testing::StartsWith("hunter2-planted\n"));
  EXPECT_THAT(docker({"inspect", id}), testing::Not(HasSubstr("hunter2")));
  EXPECT_EQ(docker({"exec", "-u", "12345", id, "cat", "/run/secrets/KEY"}), "hunter2-planted");
  const auto exposure = await(loop_, engine_->exposure(id));
  ASSERT_TRUE(exposure);
  for (const auto& text : exposure->environment) EXPECT_THAT(text.reveal(), testing::Not(HasSubstr("hunter2")));
  for (const auto& [where, text] : exposure->texts) EXPECT_THAT(text.reveal(), testing::Not(HasSubstr("hunter2")));
  const auto folder = docker({"inspect", "-f", "{{range .Mounts}}{{.Source}}{{end}}", id});
  const auto place = folder.substr(0, folder.find('\n'));
  EXPECT_TRUE(std::filesystem::exists(place + "/KEY")) << place;
  EXPECT_TRUE(await(loop_, engine_->remove(id)));
  EXPECT_FALSE(std::filesystem::exists(place));
}

TEST_F(Docker, DropsSecretFilesThatNoContainerHas) {
  auto wanted = spec("exec sleep 100");
  wanted.files.emplace_back("KEY", masking::Secret{"hunter2"});
  ASSERT_TRUE(await(loop_, engine_->create(wanted)));
  EXPECT_EQ(await(loop_, engine_->create(wanted)).error().code, ErrorCode::conflict);
  const docker::SecretFiles files{docker::default_secret_dirs(), own_name()};
  const auto kept = files.folders();
  ASSERT_EQ(kept.size(), 1u) << "that of the refused one is gone";
  // Another life of teald: one container was removed by somebody else, the other is there.
  auto second = wanted;
  second.name = "teal-shop-api-r1-1";
  second.index = 1;
  ASSERT_TRUE(await(loop_, engine_->create(second)));
  docker({"rm", "-f", "teal-shop-api-r1-1"});
  EXPECT_EQ(files.folders().size(), 2u);
  const auto later = make(own_name());
  EXPECT_EQ(await(loop_, later->list("shop"))->size(), 1u);
  EXPECT_EQ(files.folders(), kept);
}

TEST_F(Docker, ReadsTheTailOfALongLog) {
  const auto id = *await(loop_, engine_->create(spec("seq 1 20000; printf '\\377\\376end'")));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  EXPECT_EQ(docker({"wait", id}), "0\n");
  const auto log = await(loop_, engine_->logs(id, 100));
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_LE(log->size(), 100u);
  EXPECT_THAT(*log, testing::EndsWith("19999\n20000\n\xef\xbf\xbd\xef\xbf\xbd"
                                      "end"));
}

TEST_F(Docker, ReportsOutOfMemoryAndOtherPeoplesDoings) {
  const auto id = *await(loop_, engine_->create(spec("sleep 100")));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  docker({"pause", id});
  EXPECT_EQ(await(loop_, engine_->list(""))->at(0).state, world::ContainerState::Running);
  docker({"unpause", id});
  docker({"kill", "-s", "HUP", id});
  EXPECT_FALSE(await(loop_, engine_->list(""))->at(0).signalled_at) << "SIGHUP is not this one's stop signal";
  docker({"kill", id});
  const auto killed = await(loop_, engine_->list(""))->at(0);
  EXPECT_EQ(killed.exit_code, 137);
  EXPECT_TRUE(killed.exit_witnessed);
  EXPECT_TRUE(killed.signalled_at);
}

TEST_F(Docker, AnEndIsOnRecordAsSoonAsItIsSeen) {
  for (int i = 0; i < 8; ++i) {
    const auto id = *await(loop_, engine_->create(spec("exit 4")));
    ASSERT_TRUE(await(loop_, engine_->start(id)));
    world::Container container;
    while (container.state != world::ContainerState::Exited) container = await(loop_, engine_->list("shop"))->at(0);
    EXPECT_EQ(container.exit_code, 4);
    EXPECT_TRUE(container.exit_witnessed);
    ASSERT_TRUE(await(loop_, engine_->remove(id)));
  }
}

// A shell that waits for its tool keeps SIGTERM to itself, and as process 1 it heeds none at all.
TEST_F(Docker, OneSignalEndsAJobThatIsAScriptWithItsTool) {
  auto job = spec(
      "trap 'echo script told' TERM; sh -c 'trap \"echo tool told; exit 7\" TERM; echo up; "
      "while :; do sleep 0.1; done'; echo tool ended $?; exit 5");
  job.role = world::Role::Migrate;
  job.unit = "default";
  job.name = "teal-shop-default-r1-0";
  const auto id = *await(loop_, engine_->create(job));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  for (int i = 0; i < 500 && docker({"logs", id}).find("up") == std::string::npos; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  ASSERT_TRUE(await(loop_, engine_->stop(id, "SIGTERM")));
  for (int i = 0; i < 500 && await(loop_, engine_->list("shop"))->at(0).state == world::ContainerState::Running; ++i) {
    std::this_thread::sleep_for(10ms);
  }
  const auto ended = await(loop_, engine_->list("shop"))->at(0);
  EXPECT_EQ(ended.state, world::ContainerState::Exited);
  EXPECT_EQ(ended.exit_code, 5);
  EXPECT_THAT(docker({"logs", id}), testing::AllOf(HasSubstr("tool told"), HasSubstr("tool ended 7")));
}

TEST_F(Docker, KeepsTheLogLimitsOfTheEnginesOwner) {
  const auto file = shared_servers().folder() + "/servers/docker/daemon.json";
  const auto own = file_content(file);  // such as which image store it uses
  const auto shown = [&](const std::string& options) {
    auto all = boost::json::parse(own).as_object();
    const auto more = boost::json::parse(options).as_object();
    for (const auto& [key, value] : more) all[key] = value;
    std::ofstream{file} << boost::json::serialize(all);
    shared_servers().run("restart-dockerd");
    engine_ = make("docker-test");  // what was seen before counts for a while
    const auto id = *await(loop_, engine_->create(spec("exit 0")));
    auto log = docker({"inspect", "-f", "{{json .HostConfig.LogConfig}}", id});
    EXPECT_TRUE(await(loop_, engine_->remove(id)));
    EXPECT_EQ(docker({"ps", "-aq", "--filter", "label=teal.look"}), "");
    return log;
  };
  EXPECT_EQ(shown(R"({"log-opts":{"max-size":"500m","max-file":"10"}})"),
            "{\"Type\":\"json-file\",\"Config\":{\"max-file\":\"10\",\"max-size\":\"500m\"}}\n");
  EXPECT_EQ(shown(R"({"log-driver":"local"})"), "{\"Type\":\"local\",\"Config\":{}}\n");
  EXPECT_EQ(shown(R"({"log-opts":{"tag":"x"}})"),
            "{\"Type\":\"json-file\",\"Config\":{\"max-file\":\"3\",\"max-size\":\"10m\",\"tag\":\"x\"}}\n");
  EXPECT_EQ(shown("{}"), "{\"Type\":\"json-file\",\"Config\":{\"max-file\":\"3\",\"max-size\":\"10m\"}}\n");
}

TEST_F(Docker, SaysWhatIsWrongWhenNobodyListens) {
  docker::DockerOptions options;
  options.endpoint = http::parse_endpoint("unix:///nowhere/docker.sock").value();
  const auto dead = docker::make_docker_engine(loop_.get_executor(), options);
  const auto begun = std::chrono::steady_clock::now();
  const auto result = await(loop_, dead->list(""));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::unavailable);
  EXPECT_EQ(result.error().message,
            "connect to unix:///nowhere/docker.sock: No such file or directory: is Docker running?");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 10s);
}

TEST_F(Docker, FollowsEventsOverARestartOfTheEngine) {
  std::vector<std::string> changes;
  std::vector<bool> states;
  runtime::TaskGroup group{loop_.get_executor(),
                           [](const std::string& task, std::exception_ptr) { ADD_FAILURE() << task; }};
  docker::DockerWatch watch;
  watch.endpoint = http::parse_endpoint(shared_servers().value("DOCKER_HOST")).value();
  watch.on_change = [&](const std::string& application) { changes.push_back(application); };
  watch.on_state = [&](bool up, const std::string&) { states.push_back(up); };
  group.spawn("events", docker::watch_docker_events(watch));
  const auto until = [&](auto condition) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < end) {
      loop_.restart();
      loop_.run_for(20ms);
    }
    return condition();
  };
  ASSERT_TRUE(until([&] { return !changes.empty(); }));
  EXPECT_EQ(changes, std::vector<std::string>{""}) << "all is looked at once the stream is there";

  const auto id = *await(loop_, engine_->create(spec("exit 0")));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  EXPECT_TRUE(until([&] { return changes.size() >= 3; })) << "start and end";
  EXPECT_EQ(changes.back(), "shop");

  const auto seen = changes.size();
  shared_servers().run("restart-dockerd");
  EXPECT_TRUE(until([&] { return states.size() == 3; }));
  EXPECT_EQ(states, (std::vector<bool>{true, false, true}));
  EXPECT_TRUE(until([&] { return changes.size() > seen; }));
  EXPECT_EQ(changes.back(), "");
  group.cancel();
  loop_.restart();
  loop_.run_for(1s);
  EXPECT_EQ(group.size(), 0u);
}

TEST_F(Docker, AnEndThatTheEngineDidNotWitnessIsNotClaimed) {
  const auto id = *await(loop_, engine_->create(spec("exit 0")));
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  EXPECT_EQ(docker({"wait", id}), "0\n");
  shared_servers().run("restart-dockerd");
  const auto container = await(loop_, engine_->list(""))->at(0);
  EXPECT_EQ(container.exit_code, 0);
  EXPECT_FALSE(container.exit_witnessed);
}

}  // namespace
}  // namespace teal::test
