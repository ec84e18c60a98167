// The analyst against a server that answers what it is told.
#include "daemon/drivers/analysis/prometheus/prometheus_analyst.hpp"

#include <gmock/gmock.h>

#include "daemon/runtime/metrics.hpp"
#include "tests/support/scripted_server.hpp"
#include "tests/support/set_clock.hpp"

namespace teal::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

struct TokenFile final : ports::Secrets {
  std::string value;
  boost::asio::awaitable<Result<masking::Secret>> read(spec::ValueSource source) override {
    if (value.empty()) co_return Error{ErrorCode::not_found, source.text + ": no such file"};
    co_return masking::Secret{value};
  }
  boost::asio::awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string) override {
    co_return masking::SecretEnvironment{};
  }
};

class PrometheusAnalyst : public testing::Test {
 protected:
  PrometheusAnalyst() { start({}); }

  void start(std::optional<spec::ValueSource> token) {
    analysis::PrometheusOptions options;
    options.endpoint = server_.endpoint();
    options.token = std::move(token);
    options.secrets = &secrets_;
    options.clock = &clock_;
    options.telemetry = &metrics_;
    options.wake = [this](const std::string& name) { woken_.push_back(name); };
    analyst_ = analysis::make_prometheus_analyst(loop_.get_executor(), std::move(options));
  }

  static world::AnalysisTarget target(std::string query, std::string old_query = {}) {
    world::AnalysisTarget target;
    target.analysis.name = "errors";
    target.analysis.max = 0.5;
    target.analysis.interval = 100ms;
    target.query = std::move(query);
    target.old_query = std::move(old_query);
    return target;
  }
  static Reply value(std::string_view number) {
    Reply reply;
    reply.pieces = {
        ok(R"({"status":"success","data":{"resultType":"scalar","result":[1,")" + std::string{number} + "\"]}}")};
    return reply;
  }
  // Runs until so many answers have come.
  void run(std::size_t answers) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (woken_.size() < answers && std::chrono::steady_clock::now() < end) loop_.run_one_for(100ms);
    ASSERT_GE(woken_.size(), answers);
  }
  world::AnalysisView view() {
    const auto views = analyst_->view("shop");
    return views.empty() ? world::AnalysisView{} : views.front();
  }

  boost::asio::io_context loop_;
  ScriptedServer server_{loop_};
  SetClock clock_;
  TokenFile secrets_;
  runtime::Metrics metrics_;
  std::vector<std::string> woken_;
  std::unique_ptr<ports::Analyst> analyst_;
};

TEST_F(PrometheusAnalyst, AsksAtOnceAndTellsWhoItIsFor) {
  server_.script(value("0.25"));
  analyst_->watch("shop", {target("sum(rate(a[1m])) > 0")});
  EXPECT_THAT(analyst_->view("shop"), SizeIs(0)) << "not asked yet";
  run(1);
  EXPECT_EQ(woken_.front(), "shop");
  EXPECT_EQ(view().value, 0.25);
  EXPECT_EQ(view().state, objects::AnalysisState::Passing);
  EXPECT_EQ(view().at, clock_.now());
  EXPECT_THAT(server_.requests().at(0),
              StartsWith("GET /api/v1/query?query=sum%28rate%28a%5B1m%5D%29%29%20%3E%200&timeout=1000ms HTTP/1.1"));
}

TEST_F(PrometheusAnalyst, ShowsItsTokenWhichIsReadForEachQuestion) {
  spec::ValueSource file;
  file.kind = spec::ValueSource::Kind::File;
  file.text = "/etc/teal/prometheus-token";
  start(file);
  server_.script(value("0.25"));
  secrets_.value = "first";
  analyst_->watch("shop", {target("a")});
  run(1);
  EXPECT_THAT(server_.requests().at(0), HasSubstr("Authorization: Bearer first\r\n"));
  for (const std::string unusable : {"", "two\r\nX-Injected: 1"}) {
    secrets_.value = unusable;
    run(woken_.size() + 1);
    EXPECT_EQ(view().state, objects::AnalysisState::NoData);
    EXPECT_THAT(view().answer, StartsWith("prometheus.token: "));
    EXPECT_THAT(view().answer, Not(HasSubstr("Injected")));
  }
  EXPECT_THAT(server_.requests(), SizeIs(1)) << "nothing is asked without it";
}

TEST_F(PrometheusAnalyst, IsMeasuredLikeEverythingThatTealdDependsOn) {
  server_.script(value("0.25"));
  Reply refused;
  refused.pieces = {"HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}"};
  server_.script(refused);
  Reply broken;
  broken.pieces = {"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"};
  server_.script(broken);
  analyst_->watch("shop", {target("a")});
  run(3);
  for (const std::string outcome : {"ok", "invalid", "unavailable"}) {
    EXPECT_THAT(metrics_.expose(),
                HasSubstr(R"(teal_dependency_request_duration_seconds_count{dependency="prometheus",)"
                          R"(operation="query",outcome=")" +
                          outcome + "\"} 1\n"));
  }
}

TEST_F(PrometheusAnalyst, CountsFailuresInARowAndForgetsThemWithAGoodOne) {
  for (const auto* number : {"0.6", "0.7", "0.1"}) server_.script(value(number));
  analyst_->watch("shop", {target("a")});
  run(2);
  EXPECT_EQ(view().failures, 2);
  analyst_->watch("shop", {target("a")});
  EXPECT_EQ(view().failures, 2) << "the same target again keeps its counts";
  run(3);
  EXPECT_EQ(view().failures, 0);
}

TEST_F(PrometheusAnalyst, AsksForBothRevisionsWhenItCompares) {
  server_.script(value("0.75"));
  server_.script(value("0.5"));
  analyst_->watch("shop", {target("new", "old")});
  run(1);
  EXPECT_EQ(view().value, 0.25);
  EXPECT_EQ(view().answer, "0.25 (0.75 less 0.5)");
  EXPECT_THAT(server_.requests().at(1), HasSubstr("query=old"));
}

TEST_F(PrometheusAnalyst, HasNoDataWithoutTheOldRevisions) {
  server_.script(value("0.75"));
  server_.script(value("NaN"));
  analyst_->watch("shop", {target("new", "old")});
  run(1);
  EXPECT_EQ(view().state, objects::AnalysisState::NoData);
  EXPECT_THAT(view().answer, StartsWith("the old revision: no data"));
}

TEST_F(PrometheusAnalyst, SendsALongQueryAsABody) {
  server_.script(value("1"));
  analyst_->watch("shop", {target(std::string(3000, 'a'))});
  run(1);
  EXPECT_THAT(server_.requests().at(0), StartsWith("POST /api/v1/query HTTP/1.1"));
  EXPECT_THAT(server_.requests().at(0), HasSubstr("query=aaaa"));
}

TEST_F(PrometheusAnalyst, TakesNoAnswerForNoDataAndCountsItOnlyWhereThatIsToFail) {
  auto failing = target("a");
  failing.analysis.on_no_data = spec::OnNoData::Fail;
  analyst_->watch("shop", {failing});
  run(2);  // nothing is scripted: the connection is closed
  EXPECT_EQ(view().state, objects::AnalysisState::NoData);
  EXPECT_THAT(view().answer, StartsWith("no answer: "));
  EXPECT_EQ(view().failures, 2);
  woken_.clear();
  analyst_->watch("shop", {target("b")});
  run(2);
  EXPECT_EQ(view().failures, 0);
}

TEST_F(PrometheusAnalyst, GivesASilentServerNoMoreThanTheDeadline) {
  Reply silent;
  silent.pieces = {"HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n\r\n{}"};
  silent.pause = 5s;
  server_.script(silent);
  const auto begun = std::chrono::steady_clock::now();
  analyst_->watch("shop", {target("a")});
  run(1);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 4s);
  EXPECT_EQ(view().state, objects::AnalysisState::NoData);
}

TEST_F(PrometheusAnalyst, RefusesAnAnswerThatIsTooLarge) {
  Reply large;
  large.pieces = {ok(std::string(300 << 10, ' '))};
  server_.script(large);
  analyst_->watch("shop", {target("a")});
  run(1);
  EXPECT_EQ(view().state, objects::AnalysisState::NoData);
}

TEST_F(PrometheusAnalyst, AsksNoMoreOnceNobodyWatches) {
  for (int i = 0; i < 5; ++i) server_.script(value("1"));
  analyst_->watch("shop", {target("a")});
  run(1);
  analyst_->watch("shop", {});
  EXPECT_THAT(analyst_->view("shop"), SizeIs(0));
  const auto asked = server_.requests().size();
  loop_.run_for(300ms);
  EXPECT_EQ(server_.requests().size(), asked);
  EXPECT_THAT(woken_, SizeIs(1));
}

}  // namespace
}  // namespace teal::test
