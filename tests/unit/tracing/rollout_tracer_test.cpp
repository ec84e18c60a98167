// A tracer between a rollout and what it asks of the world.
#include "daemon/drivers/tracing/rollout_tracer.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>

#include "controllers/ports/ports.hpp"
#include "daemon/drivers/tracing/otlp/otlp.hpp"
#include "tests/support/await.hpp"
#include "tests/support/fake_engine.hpp"
#include "tests/support/fake_load_balancer.hpp"
#include "tests/support/fake_store.hpp"
#include "tests/support/set_clock.hpp"
#include "tests/unit/tracing/records.hpp"

namespace teal::test {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Tracing : public testing::Test {
 protected:
  Tracing() {
    engine_.add_image("shop:2.0", {"image-1", "sha256:1"});
    balancer_.add_backend("shop_api");
    plain_.engines["local"] = &engine_;
    plain_.default_engine = "local";
    plain_.load_balancers["edge"].load_balancer = &balancer_;
    plain_.store = &store_;
    plain_.clock = &clock_;
    ports_ = tracer_.watched(plain_, "shop");
  }

  // On the real clock's time, as the spans of calls are.
  static records::RolloutRecord under_way() {
    auto record = complete_rollout();
    record.standing.phase = spec::Phase::Migrating;
    record.outcome.finished_at.reset();
    record.standing.phases.resize(3);
    record.standing.phases.back().finished_at.reset();
    record.started_at = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    for (auto& phase : record.standing.phases) phase.started_at = record.started_at;
    record.jobs.clear();
    return record;
  }
  static records::RolloutRecord ended(records::RolloutRecord record, spec::Phase phase = spec::Phase::Complete) {
    record.standing.phase = phase;
    record.outcome.finished_at = record.started_at + Duration{60'000};
    record.standing.phases.back().finished_at = record.outcome.finished_at;
    return record;
  }
  ports::Engine& engine() { return *ports_->engines.at("local"); }
  ports::LoadBalancer& balancer() { return *ports_->load_balancers.at("edge").load_balancer; }

  // All that was told, as a receiver sees it.
  [[nodiscard]] TraceReceiver received() {
    TraceReceiver receiver;
    receiver.take(otlp::otlp_request(spans_, "instance"));
    EXPECT_THAT(receiver.problems(), IsEmpty());
    return receiver;
  }
  [[nodiscard]] int told(const std::string& name) const {
    int count = 0;
    for (const auto& span : spans_) count += span.name == name ? 1 : 0;
    return count;
  }

  boost::asio::io_context loop_;
  SetClock clock_{at_second(10)};
  FakeEngine engine_{clock_};
  FakeLoadBalancer balancer_{clock_};
  FakeStore store_;
  ports::Ports plain_;
  std::vector<tracing::Span> spans_;
  tracing::RolloutTracer tracer_{"owner", clock_, [this](tracing::Span span) { spans_.push_back(std::move(span)); }};
  std::shared_ptr<const ports::Ports> ports_;
};

TEST_F(Tracing, CallsAreSpansBelowThePhaseInWhichTheyBegan) {
  const auto record = under_way();
  clock_.time = record.started_at;
  tracer_.rollout(record);
  ports::ContainerSpec spec;
  spec.name = "teal-shop-api-r7-0";
  spec.application = "shop";
  spec.image_id = "image-1";
  const auto id = await(loop_, engine().create(std::move(spec)));
  ASSERT_TRUE(id);
  ASSERT_TRUE(await(loop_, engine().start(*id)));
  ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  ASSERT_TRUE(await(loop_, ports_->store->append({})));
  tracer_.rollout(ended(record));

  const auto receiver = received();
  const auto trace_id = tracing::trace_of("owner", record);
  EXPECT_THAT(receiver.flaws(trace_id), IsEmpty());
  EXPECT_EQ(receiver.spans().size(), receiver.trace(trace_id).size());
  for (const auto* name : {"engine create", "engine start", "load_balancer servers", "store append"}) {
    ASSERT_EQ(told(name), 1) << name;
  }
  for (const auto& span : receiver.spans()) {
    if (span.kind != 3) continue;
    EXPECT_EQ(span.parent_id, tracing::phase_span_of(trace_id, 2)) << span.name;
    EXPECT_EQ(span.status, 0) << span.name;
    if (span.name == "engine start") EXPECT_EQ(span.attributes.at("container.name"), "teal-shop-api-r7-0");
  }
  EXPECT_EQ(receiver.trace(trace_id).front().attributes.at("teal.phase"), "Complete");
}

TEST_F(Tracing, AFailedCallHasTheErrorAndTheCallerStillGetsIt) {
  tracer_.rollout(under_way());
  engine_.inject(FakeEngine::Fault::Fail, 1, "create");
  ports::ContainerSpec spec;
  spec.name = "teal-shop-api-r7-0";
  spec.image_id = "image-1";
  const auto id = await(loop_, engine().create(std::move(spec)));
  ASSERT_FALSE(id);
  ASSERT_THAT(spans_, SizeIs(1));
  EXPECT_EQ(spans_[0].error, id.error().message);
}

TEST_F(Tracing, WhatIsNotThereYetIsNoError) {
  tracer_.rollout(under_way());
  ASSERT_FALSE(await(loop_, engine().image("shop:9")));
  ASSERT_THAT(spans_, SizeIs(1));
  EXPECT_EQ(spans_[0].error, std::nullopt);
}

TEST_F(Tracing, NoSecretOfAContainerIsInASpan) {
  tracer_.rollout(under_way());
  ports::ContainerSpec spec;
  spec.name = "teal-shop-api-r7-0";
  spec.application = "shop";
  spec.image_id = "image-1";
  spec.env.emplace_back("DB__PASSWORD", masking::Secret{"very-secret"});
  spec.command = {"run", "--password=very-secret"};
  ASSERT_TRUE(await(loop_, engine().create(std::move(spec))));
  ASSERT_TRUE(await(loop_, ports_->store->keep_log("shop", 7, "teal-shop-api-r7-0", "it is very-secret")));
  ASSERT_THAT(spans_, SizeIs(2));
  EXPECT_THAT(otlp::otlp_request(spans_, "i"), Not(HasSubstr("very-secret")));
}

TEST_F(Tracing, LooksThatComeByTheHundredAreCountedNotTold) {
  const auto record = under_way();
  tracer_.rollout(record);
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  for (int i = 0; i < 300; ++i) ASSERT_FALSE(await(loop_, balancer().servers("no_such_backend")));
  EXPECT_EQ(told("load_balancer servers"), 10) << "not found is an answer too";
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(await(loop_, ports_->store->append({})));
  EXPECT_EQ(told("store append"), 200);
  tracer_.rollout(ended(record));
  const auto receiver = received();
  const auto phases = receiver.trace(tracing::trace_of("owner", record));
  const auto migrating = std::ranges::find(phases, "Migrating", &ReceivedSpan::name);
  ASSERT_NE(migrating, phases.end());
  EXPECT_EQ(migrating->attributes.at("teal.calls"), "1100");
  EXPECT_EQ(migrating->attributes.at("teal.calls.left_out"), "890");
}

TEST_F(Tracing, WithoutARolloutUnderWayNothingIsTold) {
  ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  const auto record = under_way();
  clock_.time = record.started_at + Duration{3'600'000};
  tracer_.rollout(ended(record));
  ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  EXPECT_THAT(spans_, IsEmpty()) << "and what ended an hour ago was told then";
}

TEST_F(Tracing, ARolloutIsToldOnceHoweverOftenItsEndIsWritten) {
  const auto record = under_way();
  clock_.time = record.started_at + Duration{60'000};
  tracer_.rollout(record);
  tracer_.rollout(ended(record));
  tracer_.rollout(ended(record));
  EXPECT_EQ(told("rollout shop"), 1);
}

// As after `kill -9`: another tracer, the same store.
TEST_F(Tracing, ARestartedTealdTellsTheWholeTraceAndWhatWasSeenBeforeHangsOnIt) {
  const auto record = under_way();
  clock_.time = record.started_at + Duration{61'000};
  tracer_.rollout(record);
  ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  tracing::RolloutTracer restarted{"owner", clock_, [this](tracing::Span span) { spans_.push_back(std::move(span)); }};
  ports_ = restarted.watched(plain_, "shop");
  restarted.rollout(record);
  ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  restarted.rollout(ended(record));
  const auto receiver = received();
  ASSERT_THAT(receiver.traces(), SizeIs(1));
  EXPECT_THAT(receiver.flaws(receiver.traces().front()), IsEmpty());
  EXPECT_EQ(told("load_balancer servers"), 2);

  // Killed between the last write and the sending: nobody knows, so it is told again, with the same ids.
  const auto before = spans_;
  tracing::RolloutTracer again{"owner", clock_, [this](tracing::Span span) { spans_.push_back(std::move(span)); }};
  ports_ = again.watched(plain_, "shop");
  again.rollout(ended(record));
  ASSERT_EQ(told("rollout shop"), 2);
  EXPECT_EQ(spans_.at(before.size()).span_id, tracing::root_span_of(tracing::trace_of("owner", record)));
}

TEST_F(Tracing, PortsInUseOutliveTheirApplication) {
  tracer_.rollout(under_way());
  tracer_.forget("shop");
  ASSERT_TRUE(await(loop_, balancer().servers("shop_api")));
  tracer_.rollout(ended(under_way()));
  EXPECT_EQ(told("rollout shop"), 0);
}

}  // namespace
}  // namespace teal::test
