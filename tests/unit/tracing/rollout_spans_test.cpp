// From a rollout's record to the skeleton of its trace.
#include "daemon/drivers/tracing/rollout_spans.hpp"

#include <gmock/gmock.h>

#include "daemon/drivers/tracing/otlp/otlp.hpp"
#include "tests/unit/tracing/records.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const tracing::Span& named(const std::vector<tracing::Span>& spans, const std::string& name) {
  for (const auto& span : spans) {
    if (span.name == name) return span;
  }
  throw std::runtime_error("no span " + name);
}

std::string attribute(const tracing::Span& span, const std::string& key) {
  for (const auto& [name, value] : span.attributes) {
    if (name != key) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  }
  return "absent";
}

TEST(TraceIds, FollowFromTheRecordAloneAndAreNeverZero) {
  const auto id = tracing::trace_of("owner", complete_rollout());
  EXPECT_EQ(id, tracing::trace_of("owner", complete_rollout())) << "the same after a restart";
  EXPECT_EQ(id.size(), 32U);
  EXPECT_NE(id, std::string(32, '0'));
  EXPECT_NE(id, tracing::trace_of("another store", complete_rollout()));
  auto later = complete_rollout();
  later.started_at += Duration{1};
  EXPECT_NE(id, tracing::trace_of("owner", later)) << "a name that is used again is another rollout";
  EXPECT_EQ(tracing::phase_span_of(id, 0).size(), 16U);
  EXPECT_NE(tracing::phase_span_of(id, 0), tracing::phase_span_of(id, 1));
  EXPECT_NE(tracing::phase_span_of(id, 0), tracing::root_span_of(id));
}

TEST(RolloutSpans, HasTheRolloutItsPhasesAndItsJobs) {
  const auto spans = tracing::rollout_spans("owner", complete_rollout(), {{1, {12, 3}}});
  std::vector<std::string> names;
  for (const auto& span : spans) names.push_back(span.name);
  EXPECT_THAT(names, ElementsAre("rollout shop", "Pending", "Preparing", "Migrating", "Verifying", "job default"));
  const auto& root = spans.front();
  EXPECT_EQ(root.parent_id, "");
  EXPECT_EQ(root.start_ns, 1700000000000000000U);
  EXPECT_EQ(root.end_ns, 1700000009000000000U);
  EXPECT_EQ(attribute(root, "teal.version"), "2.0");
  EXPECT_EQ(attribute(root, "teal.version.from"), "1.0");
  EXPECT_EQ(attribute(root, "deployment.status"), "succeeded");
  EXPECT_EQ(attribute(root, "teal.traffic.failed"), "1");
  for (const auto& span : spans) {
    EXPECT_EQ(span.error, std::nullopt) << span.name;
    EXPECT_EQ(span.trace_id, root.trace_id);
    EXPECT_EQ(attribute(span, "teal.application"), "shop");
  }
  EXPECT_EQ(named(spans, "Verifying").parent_id, root.span_id);
  EXPECT_EQ(named(spans, "job default").parent_id, named(spans, "Migrating").span_id);
  EXPECT_EQ(attribute(named(spans, "job default"), "process.exit.code"), "0");
  EXPECT_EQ(attribute(named(spans, "Preparing"), "teal.calls"), "12");
  EXPECT_EQ(attribute(named(spans, "Preparing"), "teal.calls.left_out"), "3");
  EXPECT_EQ(attribute(named(spans, "Migrating"), "teal.calls"), "absent") << "another teald made them";
}

TEST(RolloutSpans, AFailedRolloutHasItsErrorAtTheRootAndInThePhaseThatWentWrong) {
  const auto spans = tracing::rollout_spans("owner", failed_rollout(), {});
  EXPECT_EQ(spans.front().error, "MigrationFailed: exit code 1: no such column");
  EXPECT_EQ(attribute(spans.front(), "error.type"), "MigrationFailed");
  EXPECT_EQ(attribute(spans.front(), "deployment.status"), "failed");
  EXPECT_EQ(named(spans, "Migrating").error, spans.front().error);
  EXPECT_EQ(named(spans, "Preparing").error, std::nullopt);
  EXPECT_EQ(named(spans, "RollingBack").error, std::nullopt);
  EXPECT_EQ(named(spans, "job default").error, "exit code 1");
}

TEST(RolloutSpans, AReplacedRolloutIsNoFailure) {
  auto record = complete_rollout();
  record.standing.phase = spec::Phase::Superseded;
  const auto spans = tracing::rollout_spans("owner", record, {});
  EXPECT_EQ(spans.front().error, std::nullopt);
  EXPECT_EQ(attribute(spans.front(), "deployment.status"), "absent");
}

TEST(RolloutSpans, SurviveRecordsWithoutPhasesOrWithClocksThatWentBack) {
  records::RolloutRecord bare;
  bare.application = "shop";
  bare.standing.phase = spec::Phase::Failed;
  EXPECT_EQ(tracing::rollout_spans("owner", bare, {}).size(), 1U);
  auto record = complete_rollout();
  record.jobs[0].started_at = record.started_at - Duration{5000};
  record.jobs[0].finished_at = record.started_at - Duration{9000};
  record.standing.phases[2].finished_at = record.standing.phases[2].started_at - Duration{1};
  for (const auto& span : tracing::rollout_spans("owner", record, {}))
    EXPECT_LE(span.start_ns, span.end_ns) << span.name;
}

TEST(Otlp, IsWhatAStrictReceiverTakes) {
  const auto spans = tracing::rollout_spans("owner", failed_rollout(), {{0, {1, 0}}});
  TraceReceiver receiver;
  receiver.take(otlp::otlp_request(spans, "instance-1"));
  EXPECT_THAT(receiver.problems(), IsEmpty());
  ASSERT_EQ(receiver.spans().size(), spans.size());
  EXPECT_THAT(receiver.flaws(spans.front().trace_id), IsEmpty());
  EXPECT_EQ(receiver.resource().at("service.name"), "teald");
  EXPECT_EQ(receiver.resource().at("service.instance.id"), "instance-1");
  EXPECT_EQ(receiver.spans().front().status, 2);
  EXPECT_EQ(receiver.spans().front().attributes.at("teal.revision"), "7");
  EXPECT_EQ(receiver.spans().front().start_ns, spans.front().start_ns);
}

TEST(Otlp, TextsAreValidAndOfBoundedLength) {
  tracing::Span span;
  span.trace_id = std::string(32, 'a');
  span.span_id = std::string(16, 'b');
  span.name = "bad \xff\xc3 text";
  span.start_ns = span.end_ns = 1;
  span.attributes = {{"long", std::string(100'000, 'x')}, {"yes", true}, {"half", 0.5}};
  span.error = "\xe2\x82";
  TraceReceiver receiver;
  receiver.take(otlp::otlp_request(std::vector{span}, "i"));
  EXPECT_THAT(receiver.problems(), IsEmpty());
  ASSERT_EQ(receiver.spans().size(), 1U);
  EXPECT_EQ(receiver.spans()[0].name, "bad \uFFFD\uFFFD text");
  EXPECT_EQ(receiver.spans()[0].message, "\uFFFD\uFFFD");
  EXPECT_LT(receiver.spans()[0].attributes.at("long").size(), 4200U);
  EXPECT_EQ(receiver.spans()[0].attributes.at("yes"), "true");
}

TEST(Otlp, ReadsWhatAReceiverRefused) {
  EXPECT_EQ(otlp::read_otlp_answer("{}", masking::Mask{}).spans, 0);
  EXPECT_EQ(otlp::read_otlp_answer("no json", masking::Mask{}).spans, 0);
  EXPECT_EQ(otlp::read_otlp_answer(R"({"partialSuccess":{}})", masking::Mask{}).spans, 0);
  const auto refusal =
      otlp::read_otlp_answer(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})", masking::Mask{});
  EXPECT_EQ(refusal.spans, 3);
  EXPECT_EQ(refusal.why, "too old");
  EXPECT_EQ(otlp::read_otlp_answer(R"({"partialSuccess":{"rejectedSpans":2}})", masking::Mask{}).spans, 2);
  const auto echo = otlp::read_otlp_answer(R"({"partialSuccess":{"errorMessage":"not with api-key-of-otlp"}})",
                                           masking::Mask{{masking::Secret{"api-key-of-otlp"}}});
  EXPECT_EQ(echo.why, "not with ***");
}

}  // namespace
}  // namespace teal::test
