// What every engine promises (controllers/ports/engine.hpp), asked of the fake, of a real dockerd and of its stand-in
// alike.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "tests/conformance/engine_rigs.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class EngineContract : public testing::TestWithParam<EngineKind> {
 protected:
  void SetUp() override {
    rig_ = make_rig(GetParam());
    const auto image = rig_->run(engine().image(rig_->image_reference()));
    ASSERT_TRUE(image) << image.error().message;
    image_ = *image;
  }

  ports::Engine& engine() { return rig_->engine(); }

  ports::ContainerSpec spec(int index, Does what, const std::string& application = "shop") {
    ports::ContainerSpec spec;
    spec.application = application;
    spec.unit = "api";
    spec.revision = 7;
    spec.index = index;
    spec.name = spec::container_name(application, spec.unit, spec.revision, spec.index);
    spec.image_id = image_.id;
    rig_->let(spec, what);
    return spec;
  }
  std::string created(ports::ContainerSpec spec) {
    const auto id = rig_->run(engine().create(std::move(spec)));
    EXPECT_TRUE(id) << id.error().message;
    return id ? *id : "";
  }
  std::string started(ports::ContainerSpec spec) {
    const auto id = created(std::move(spec));
    const auto result = rig_->run(engine().start(id));
    EXPECT_TRUE(result) << result.error().message;
    return id;
  }
  std::vector<world::Container> list(const std::string& application = "shop") {
    const auto listed = rig_->run(engine().list(application));
    EXPECT_TRUE(listed) << listed.error().message;
    return listed ? *listed : std::vector<world::Container>{};
  }
  world::Container seen(const std::string& id) {
    for (const auto& container : list("")) {
      if (container.id == id) return container;
    }
    ADD_FAILURE() << id << " is not listed";
    return {};
  }
  world::Container ended(const std::string& id) {
    for (int i = 0; i < 500; ++i) {
      if (const auto container = seen(id); container.state == world::ContainerState::Exited) return container;
      rig_->pass();
    }
    ADD_FAILURE() << id << " does not end";
    return {};
  }

  std::unique_ptr<EngineRig> rig_;
  world::Image image_;
};

TEST_P(EngineContract, ReportsANewContainerAsItWasAskedFor) {
  auto wanted = spec(1, Does::RunsUntilStopped);
  wanted.role = world::Role::Migrate;
  wanted.unit = "default";
  wanted.name = spec::container_name("shop", "default", 7, 1);
  const auto id = created(wanted);
  const auto all = list();
  ASSERT_EQ(all.size(), 1u);
  world::Container expected;
  expected.id = id;
  expected.name = wanted.name;
  expected.application = "shop";
  expected.unit = "default";
  expected.role = world::Role::Migrate;
  expected.revision = 7;
  expected.index = 1;
  expected.image_id = image_.id;
  expected.command_to_end = all[0].command_to_end;
  EXPECT_EQ(all[0], expected);
  EXPECT_THAT(all[0].command_to_end, HasSubstr(wanted.name)) << "a person is told how to end it";
}

TEST_P(EngineContract, ListsOneApplicationOrAll) {
  created(spec(0, Does::RunsUntilStopped, "shop"));
  created(spec(0, Does::RunsUntilStopped, "shop-two"));
  EXPECT_EQ(list("shop").size(), 1u);
  EXPECT_EQ(list("").size(), 2u);
  EXPECT_TRUE(list("sho").empty());
}

TEST_P(EngineContract, ATakenNameIsAConflict) {
  const auto id = created(spec(0, Does::RunsUntilStopped));
  const auto second = rig_->run(engine().create(spec(0, Does::RunsUntilStopped)));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  EXPECT_EQ(list().size(), 1u);
  EXPECT_EQ(list()[0].id, id);
}

TEST_P(EngineContract, ARunningContainerHasAnAddressAndAStart) {
  auto wanted = spec(0, Does::RunsUntilStopped);
  wanted.port = 8000;
  const auto before = rig_->now();
  const auto id = started(wanted);
  const auto container = seen(id);
  EXPECT_EQ(container.state, world::ContainerState::Running);
  ASSERT_TRUE(container.address);
  EXPECT_THAT(*container.address, testing::StartsWith("127.0.0.1:"));
  ASSERT_TRUE(container.started_at);
  EXPECT_GE(*container.started_at, before);
  EXPECT_LE(*container.started_at, rig_->now());
  EXPECT_FALSE(container.finished_at);
  EXPECT_FALSE(container.exit_code);
  EXPECT_FALSE(container.signalled_at);
}

TEST_P(EngineContract, StartingARunningContainerIsSuccess) {
  const auto id = started(spec(0, Does::RunsUntilStopped));
  EXPECT_TRUE(rig_->run(engine().start(id)));
}

TEST_P(EngineContract, AnEndedContainerIsNeverStartedAgain) {
  const auto id = started(spec(0, Does::ExitsAtOnce));
  const auto first = ended(id);
  const auto again = rig_->run(engine().start(id));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
  EXPECT_EQ(seen(id), first);
}

TEST_P(EngineContract, AnEndIsWitnessedWithItsCodeAndOutput) {
  const auto id = started(spec(0, Does::PrintsAndExits3));
  const auto container = ended(id);
  EXPECT_EQ(container.exit_code, 3);
  EXPECT_TRUE(container.exit_witnessed);
  EXPECT_TRUE(container.started_at);
  EXPECT_TRUE(container.finished_at);
  EXPECT_FALSE(container.address);
  EXPECT_TRUE(container.engine_error.empty());
  const auto log = rig_->run(engine().logs(id, 1000));
  ASSERT_TRUE(log) << log.error().message;
  EXPECT_EQ(*log, "out\nerr\n");
  EXPECT_EQ(*rig_->run(engine().logs(id, 4)), "err\n");
}

TEST_P(EngineContract, AStopKeepsTheTimeAtWhichItWasAskedFor) {
  const auto before = rig_->now();
  const auto id = started(spec(0, Does::IgnoresStop));
  EXPECT_TRUE(rig_->run(engine().stop(id, "SIGTERM")));
  const auto asked = seen(id).signalled_at;
  ASSERT_TRUE(asked);
  EXPECT_GE(*asked, before);
  for (int i = 0; i < 3; ++i) rig_->pass();
  EXPECT_EQ(seen(id).signalled_at, asked);
  EXPECT_LT(*asked, rig_->now());
}

TEST_P(EngineContract, AContainerThatCannotStartSaysWhy) {
  const auto id = created(spec(0, Does::CannotStart));
  const auto result = rig_->run(engine().start(id));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_THAT(result.error().message, HasSubstr("/no/such/program"));
  const auto container = seen(id);
  EXPECT_EQ(container.state, world::ContainerState::Exited);
  EXPECT_THAT(container.engine_error, HasSubstr("/no/such/program"));
  EXPECT_FALSE(container.started_at);
  EXPECT_TRUE(container.exit_code);
}

TEST_P(EngineContract, ASignalStopsAndIsOnRecord) {
  const auto since = rig_->now();
  const auto id = started(spec(0, Does::RunsUntilStopped));
  rig_->pass();
  // The shell needs a moment to set its trap.
  for (int i = 0; i < 20; ++i) rig_->pass();
  EXPECT_FALSE(seen(id).signalled_at);
  const auto sent = rig_->run(engine().stop(id, "SIGTERM"));
  ASSERT_TRUE(sent) << sent.error().message;
  const auto container = ended(id);
  EXPECT_EQ(container.exit_code, 0);
  ASSERT_TRUE(container.signalled_at);
  EXPECT_GE(*container.signalled_at, since);
  EXPECT_TRUE(container.exit_witnessed);
}

TEST_P(EngineContract, ASignalToWhatDoesNotRunIsSuccess) {
  const auto id = started(spec(0, Does::ExitsAtOnce));
  ended(id);
  EXPECT_TRUE(rig_->run(engine().stop(id, "SIGTERM")));
  const auto fresh = created(spec(1, Does::RunsUntilStopped));
  EXPECT_TRUE(rig_->run(engine().stop(fresh, "SIGTERM")));
  EXPECT_TRUE(rig_->run(engine().stop("0123456789abcdef", "SIGTERM")));
}

TEST_P(EngineContract, AnUnknownSignalIsInvalid) {
  const auto id = started(spec(0, Does::RunsUntilStopped));
  const auto result = rig_->run(engine().stop(id, "NONSENSE"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_EQ(seen(id).state, world::ContainerState::Running);
}

TEST_P(EngineContract, RemovesWhatRunsAndWhatIsGone) {
  const auto id = started(spec(0, Does::IgnoresStop));
  EXPECT_TRUE(rig_->run(engine().remove(id)));
  EXPECT_TRUE(list().empty());
  EXPECT_TRUE(rig_->run(engine().remove(id)));
  EXPECT_TRUE(rig_->run(engine().remove("0123456789abcdef")));
}

TEST_P(EngineContract, WhatIsMissingIsNotFound) {
  EXPECT_EQ(rig_->run(engine().image("nobody/has:this")).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(engine().start("0123456789abcdef")).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(engine().logs("0123456789abcdef", 10)).error().code, ErrorCode::not_found);
  EXPECT_EQ(rig_->run(engine().exposure("0123456789abcdef")).error().code, ErrorCode::not_found);
  auto wanted = spec(0, Does::RunsUntilStopped);
  wanted.image_id = "sha256:" + std::string(64, '0');
  EXPECT_EQ(rig_->run(engine().create(wanted)).error().code, ErrorCode::not_found);
}

TEST_P(EngineContract, AMissingMountSourceIsNamed) {
  auto wanted = spec(0, Does::RunsUntilStopped);
  wanted.mounts = {{rig_->missing_path(), "/data", true}};
  const auto result = rig_->run(engine().create(wanted));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_THAT(result.error().message, HasSubstr(rig_->missing_path()));
  EXPECT_TRUE(list().empty());
}

TEST_P(EngineContract, AnImpossibleEnvironmentIsRefusedWithoutItsValue) {
  auto wanted = spec(0, Does::RunsUntilStopped);
  wanted.env.emplace_back("A=B", masking::Secret{"hunter2hunter2"});
  const auto result = rig_->run(engine().create(wanted));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid);
  EXPECT_THAT(result.error().message, testing::Not(HasSubstr("hunter2")));
}

TEST_P(EngineContract, ShowsAllThatIsExposed) {
  auto wanted = spec(0, Does::RunsUntilStopped);
  wanted.env.emplace_back("DB__PASSWORD", masking::Secret{"s3cret with spaces=\"and\" more"});
  wanted.mounts = {{"/tmp", "/host-tmp", true}};
  const auto id = created(wanted);
  const auto exposure = rig_->run(engine().exposure(id));
  ASSERT_TRUE(exposure) << exposure.error().message;
  const auto shows = [&](const std::string& where, const std::string& text) {
    return std::ranges::any_of(exposure->texts,
                               [&](const auto& one) { return one.where == where && one.text.reveal() == text; });
  };
  EXPECT_TRUE(std::ranges::any_of(exposure->environment, [](const masking::Secret& one) {
    return one.reveal() == "DB__PASSWORD=s3cret with spaces=\"and\" more";
  }));
  EXPECT_TRUE(shows("labels", "teal.application=shop"));
  EXPECT_TRUE(shows("mounts", "/tmp"));
  for (const auto& word : wanted.command) EXPECT_TRUE(shows("command", word)) << word;
}

TEST_P(EngineContract, ShowsWhatAnImageBringsAlong) {
  const auto exposure = rig_->run(engine().image_exposure(image_.id));
  ASSERT_TRUE(exposure) << exposure.error().message;
  EXPECT_EQ(rig_->run(engine().image_exposure("sha256:0123456789abcdef")).error().code, ErrorCode::not_found);
}

TEST_P(EngineContract, PullingWhatNobodyHasFails) {
  const auto pulled = rig_->run(engine().pull("127.0.0.1:1/nobody/has:this"));
  ASSERT_FALSE(pulled);
  EXPECT_THAT(pulled.error().code, testing::AnyOf(ErrorCode::not_found, ErrorCode::unavailable));
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineContract, testing::ValuesIn(all_engines), engine_name);

class StopServers : public testing::Environment {
 public:
  void TearDown() override { stop_shared_servers(); }
};
const auto* const stop_servers = testing::AddGlobalTestEnvironment(new StopServers);

}  // namespace
}  // namespace teal::test
