// What the real Docker Engine makes of calls that meet: a removal while it starts, a signal and a removal while it is
// paused, and a listing during all of that.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <functional>
#include <thread>

#include "daemon/drivers/engines/docker/docker_engine.hpp"
#include "tests/conformance/engine_rigs.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class DockerRaces : public testing::Test {
 protected:
  DockerRaces() {
    docker::DockerOptions options;
    options.endpoint = http::parse_endpoint(shared_servers().value("DOCKER_HOST")).value();
    options.owner = fmt::format("docker-races-{}", ::getpid());
    engine_ = docker::make_docker_engine(loop_.get_executor(), std::move(options));
  }
  ~DockerRaces() override {
    const auto left = listed();
    for (const auto& container : left) (void)await(loop_, engine_->remove(container.id));
  }

  // Its process ends with 7 when it is asked to.
  std::string create(const std::string& script = "trap 'exit 7' TERM; while :; do sleep 0.05; done") {
    ports::ContainerSpec spec;
    spec.application = "shop";
    spec.unit = "api";
    spec.name = "teal-shop-api-r1-0";
    spec.revision = 1;
    spec.image_id = await(loop_, engine_->image("contract:1"))->id;
    spec.command = {"/bin/sh", "-c", script};
    const auto id = await(loop_, engine_->create(spec));
    EXPECT_TRUE(id) << id.error().message;
    return id ? *id : "";
  }
  static void docker(const std::string& verb, const std::string& id) {
    run_program({"docker", "-H", shared_servers().value("DOCKER_HOST"), verb, id});
  }
  std::vector<world::Container> listed() {
    const auto all = await(loop_, engine_->list(""));
    EXPECT_TRUE(all) << all.error().message;
    return all ? *all : std::vector<world::Container>{};
  }
  bool until(const std::function<bool()>& reached) {
    for (int i = 0; i < 600; ++i) {
      if (reached()) return true;
      std::this_thread::sleep_for(50ms);
    }
    return false;
  }
  // Beside others; what is refused must be said as what it is, never as an answer that makes no sense.
  template <class T>
  void begin(const std::string& what, boost::asio::awaitable<Result<T>> call) {
    ++under_way_;
    boost::asio::co_spawn(loop_, std::move(call), [this, what](const std::exception_ptr& failure, Result<T> result) {
      --under_way_;
      EXPECT_FALSE(failure) << what;
      if (result) return;
      const auto code = result.error().code;
      EXPECT_TRUE(code == ErrorCode::conflict || code == ErrorCode::not_found || code == ErrorCode::unavailable)
          << what << ": " << result.error().message;
    });
  }
  void finish() {
    const auto end = std::chrono::steady_clock::now() + 1min;
    loop_.restart();
    while (under_way_ > 0 && std::chrono::steady_clock::now() < end && loop_.run_one_until(end) != 0) continue;
    ASSERT_EQ(under_way_, 0) << "a call without an end";
  }

  boost::asio::io_context loop_;
  std::unique_ptr<ports::Engine> engine_;
  int under_way_ = 0;
};

// The name is free in the end, and the listing beside it is one.
TEST_F(DockerRaces, ARemovalWhileItStarts) {
  for (int round = 0; round < 8; ++round) {
    const auto id = create();
    begin("start", engine_->start(id));
    begin("list", engine_->list(""));
    begin("remove", engine_->remove(id));
    begin("list", engine_->list(""));
    finish();
    EXPECT_TRUE(until([&] { return await(loop_, engine_->remove(id)).has_value() && listed().empty(); }));
  }
}

TEST_F(DockerRaces, ASignalReachesAPausedOne) {
  const auto id = create();
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  docker("pause", id);
  const auto paused = listed();
  ASSERT_EQ(paused.size(), 1u);
  EXPECT_EQ(paused[0].state, world::ContainerState::Running);
  EXPECT_THAT(paused[0].engine_error, HasSubstr("docker unpause teal-shop-api-r1-0"));
  begin("list", engine_->list(""));
  begin("stop", engine_->stop(id, "SIGTERM"));
  begin("list", engine_->list(""));
  finish();
  EXPECT_TRUE(until([&] {
    const auto all = listed();
    return all.size() == 1 && all[0].state == world::ContainerState::Exited && all[0].exit_code == 7;
  })) << "it is let go on, so that the signal has its effect";
}

TEST_F(DockerRaces, APausedOneIsKilledAndRemoved) {
  const auto id = create("exec sleep 1000");
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  docker("pause", id);
  begin("list", engine_->list(""));
  begin("remove", engine_->remove(id));
  begin("list", engine_->list(""));
  finish();
  EXPECT_TRUE(until([&] { return await(loop_, engine_->remove(id)).has_value() && listed().empty(); }));
}

TEST_F(DockerRaces, OneThatIsLetGoOnIsNotCalledPaused) {
  const auto id = create("exec sleep 1000");
  ASSERT_TRUE(await(loop_, engine_->start(id)));
  docker("pause", id);
  docker("unpause", id);
  const auto all = listed();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].engine_error, "");
}

}  // namespace
}  // namespace teal::test
