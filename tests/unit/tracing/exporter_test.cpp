// Spans on their way out: against a receiver that answers by a script.
#include "daemon/drivers/tracing/otlp/exporter.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <map>

#include "daemon/runtime/task_group.hpp"
#include "tests/support/await.hpp"
#include "tests/support/no_telemetry.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/trace_receiver.hpp"
#include "tests/support/variable_secrets.hpp"

namespace teal::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Counts final : public NoTelemetry {
 public:
  std::map<std::string, std::size_t, std::less<>> by_outcome;
  void spans(std::string_view outcome, std::size_t count) override { by_outcome[std::string{outcome}] += count; }
};

class Exporter : public testing::Test {
 protected:
  Exporter() {
    options_.endpoint = server_.endpoint();
    options_.instance = "instance-1";
    options_.secrets = &variables_;
    options_.telemetry = &counts_;
    options_.warn = [this](const std::string& problem) { problems_.push_back(problem); };
    options_.pace.gather = Duration{10};
    options_.pace.first_delay = Duration{5};
    options_.pace.longest_delay = Duration{20};
    options_.pace.tries = 3;
    options_.pace.deadline = Duration{500};
  }
  ~Exporter() override {
    tasks_.cancel();
    run_for(Duration{20});
    EXPECT_EQ(tasks_.size(), 0U);
  }

  void start() {
    exporter_ = std::make_unique<otlp::SpanExporter>(loop_.get_executor(), options_);
    tasks_.spawn("exporter", exporter_->run());
  }
  void add(int count) {
    for (int i = 0; i < count; ++i) {
      tracing::Span span;
      span.trace_id = std::string(32, 'a');
      span.span_id = tracing::make_span_id(span.trace_id, std::to_string(++added_));
      span.name = "span " + std::to_string(added_);
      span.start_ns = span.end_ns = 1;
      exporter_->add(span);
    }
  }
  void reply(const std::string& head, const std::string& body = "") {
    Reply reply;
    reply.pieces = {"HTTP/1.1 " + head + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
    server_.script(std::move(reply));
  }
  void run_for(Duration duration) {
    loop_.restart();
    loop_.run_for(duration);
  }
  template <class Condition>
  [[nodiscard]] bool until(Condition condition) {
    for (int i = 0; i < 1000 && !condition(); ++i) run_for(Duration{5});
    return condition();
  }
  // What every request so far brought, the same span several times if it was sent so.
  [[nodiscard]] std::vector<std::string> received() {
    TraceReceiver receiver;
    for (const auto& request : server_.requests()) receiver.take_request(request);
    EXPECT_THAT(receiver.problems(), IsEmpty());
    std::vector<std::string> names;
    for (const auto& span : receiver.spans()) names.push_back(span.name);
    return names;
  }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  VariableSecrets variables_;
  Counts counts_;
  std::vector<std::string> problems_;
  otlp::ExporterOptions options_;
  std::unique_ptr<otlp::SpanExporter> exporter_;
  int added_ = 0;
  runtime::TaskGroup tasks_{loop_.get_executor(),
                            [](const std::string& task, std::exception_ptr) { ADD_FAILURE() << task << " threw"; }};
};

TEST_F(Exporter, SendsWhatComesTogetherInOneRequest) {
  start();
  reply("200 OK", "{}");
  add(3);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 3; }));
  EXPECT_EQ(server_.requests().size(), 1U);
  EXPECT_THAT(received(), ElementsAre("span 1", "span 2", "span 3"));
  EXPECT_THAT(problems_, IsEmpty());
  reply("200 OK", "{}");
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 4; })) << "and goes on";
}

TEST_F(Exporter, ABatchIsNoLargerThanItMayBe) {
  options_.pace.batch = 2;
  start();
  for (int i = 0; i < 3; ++i) reply("200 OK");
  add(5);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 5; }));
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(Exporter, TriesAgainWhenTheReceiverIsBusyOrAway) {
  start();
  reply("503 Service Unavailable");
  Reply hangs_up;
  hangs_up.close = true;
  server_.script(hangs_up);
  reply("200 OK");
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 1; }));
  EXPECT_EQ(counts_.by_outcome["dropped"], 0U);
  EXPECT_THAT(received(), ElementsAre("span 1", "span 1", "span 1"));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("answered 503; trying again"))) << "told once";
}

TEST_F(Exporter, WaitsAsLongAsTheReceiverAsks) {
  start();
  reply("429 Too Many Requests\r\nRetry-After: 1");
  reply("200 OK");
  const auto begun = std::chrono::steady_clock::now();
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 1; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begun, Duration{1000});
}

TEST_F(Exporter, DropsWhatIsRefusedForGoodAndSaysSo) {
  start();
  reply("400 Bad Request");
  reply("200 OK");
  add(2);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["dropped"] == 2; }));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("2 spans were dropped: answered 400")));
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 1; }));
}

TEST_F(Exporter, GivesUpAfterSomeTriesAndSaysSoOnceInAWhile) {
  start();
  for (int i = 0; i < 6; ++i) reply("502 Bad Gateway");
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["dropped"] == 1; }));
  EXPECT_EQ(server_.requests().size(), 3U);
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["dropped"] == 2; }));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("trying again"), HasSubstr("1 spans were dropped")));
}

TEST_F(Exporter, CountsWhatTheReceiverTookInPart) {
  start();
  reply("200 OK", R"({"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}})");
  add(5);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 3; }));
  EXPECT_EQ(counts_.by_outcome["dropped"], 2U);
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("too old")));
}

TEST_F(Exporter, KeepsTheNewestWhenTheReceiverIsAwayForLong) {
  options_.pace.waiting = 4;
  options_.pace.first_delay = options_.pace.longest_delay = Duration{100};
  start();
  reply("503 Service Unavailable");
  reply("200 OK");
  reply("200 OK");
  add(2);
  ASSERT_TRUE(until([&] { return server_.requests().size() == 1; }));
  add(6);
  EXPECT_EQ(counts_.by_outcome["dropped"], 2U);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 6; }));
  EXPECT_THAT(received(), ElementsAre("span 1", "span 2", "span 1", "span 2", "span 5", "span 6", "span 7", "span 8"));
}

TEST_F(Exporter, HeadersAreReadAtEachTryAndNeverShown) {
  options_.headers = {{"Authorization", {spec::ValueSource::Kind::Environment, "TOKEN", {}}}};
  start();
  reply("200 OK");
  add(1);
  ASSERT_TRUE(until([&] { return !problems_.empty(); }));
  EXPECT_THAT(problems_, ElementsAre(HasSubstr("header Authorization: there is no variable TOKEN; trying again")));
  variables_.values["TOKEN"] = "Bearer very-secret";
  ASSERT_TRUE(until([&] { return counts_.by_outcome["exported"] == 1; }));
  EXPECT_THAT(server_.requests().at(0), HasSubstr("\r\nAuthorization: Bearer very-secret\r\n"));
  variables_.values["TOKEN"] = "very-secret\r\nX-Injected: 1";
  add(1);
  ASSERT_TRUE(until([&] { return counts_.by_outcome["dropped"] == 1; }));
  EXPECT_EQ(server_.requests().size(), 1U);
  for (const auto& problem : problems_) EXPECT_THAT(problem, Not(HasSubstr("very-secret")));
}

TEST_F(Exporter, FlushSendsAtOnceWhatWaits) {
  options_.pace.gather = Duration{60'000};
  start();
  reply("200 OK");
  add(2);
  run_for(Duration{20});
  EXPECT_THAT(server_.requests(), IsEmpty());
  auto flush = [](otlp::SpanExporter& exporter) -> boost::asio::awaitable<bool> {
    co_await exporter.flush(Duration{5000});
    co_return true;
  };
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(await(loop_, flush(*exporter_)));
  EXPECT_EQ(counts_.by_outcome["exported"], 2U);
  ASSERT_TRUE(await(loop_, flush(*exporter_))) << "with nothing to send";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, Duration{3000});
}

TEST_F(Exporter, FlushGivesUpOnAReceiverThatDoesNotAnswer) {
  options_.pace.deadline = Duration{10'000};
  start();
  Reply silent;
  silent.pieces = {"", ""};
  silent.pause = Duration{5000};
  server_.script(silent);
  add(2);
  ASSERT_TRUE(until([&] { return server_.requests().size() == 1; }));
  auto flush = [](otlp::SpanExporter& exporter) -> boost::asio::awaitable<bool> {
    co_await exporter.flush(Duration{200});
    co_return true;
  };
  const auto begun = std::chrono::steady_clock::now();
  ASSERT_TRUE(await(loop_, flush(*exporter_)));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, Duration{2000});
  EXPECT_EQ(counts_.by_outcome["dropped"], 2U);
}

}  // namespace
}  // namespace teal::test
