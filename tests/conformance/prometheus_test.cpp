// The analyst against a real Prometheus that scrapes itself.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>

#include "daemon/drivers/analysis/prometheus/prometheus_analyst.hpp"
#include "daemon/wall_clock.hpp"
#include "tests/support/process.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class Prometheus : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string pattern = "/tmp/teal-prometheus-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    port_ = free_port();
    const auto address = "127.0.0.1:" + std::to_string(port_);
    std::ofstream{folder_ + "/prometheus.yml"} << "global: {scrape_interval: 200ms}\nscrape_configs:\n"
                                                  "  - {job_name: itself, static_configs: [{targets: ['"
                                               << address << "']}]}\n";
    Program program;
    program.command = {"prometheus", "--config.file=" + folder_ + "/prometheus.yml",
                       "--storage.tsdb.path=" + folder_ + "/data", "--web.listen-address=" + address};
    program.environment = {{"PATH", std::string{::getenv("PATH")} + ":/usr/bin"}};
    program.output = program.errors = folder_ + "/log";
    process_ = std::make_unique<Process>(program);
  }

  static void TearDownTestSuite() {
    stop();
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  static void stop() {
    if (!process_) return;
    process_->signal(SIGTERM);
    process_->wait(10s);
    process_.reset();
  }

  // Asks until it says what is waited for, or 30 s are over; the last answer.
  static world::AnalysisView ask(const std::string& query, const std::string& awaited) {
    boost::asio::io_context loop;
    daemon::WallClock clock;
    analysis::PrometheusOptions options;
    options.endpoint = *http::parse_endpoint("http://127.0.0.1:" + std::to_string(port_));
    options.clock = &clock;
    options.wake = [](const std::string&) {};
    const auto analyst = analysis::make_prometheus_analyst(loop.get_executor(), std::move(options));
    world::AnalysisTarget target;
    target.analysis.name = "one";
    target.analysis.max = 1;
    target.analysis.interval = 100ms;
    target.query = query;
    analyst->watch("shop", {target});
    world::AnalysisView last;
    for (const auto end = std::chrono::steady_clock::now() + 30s; std::chrono::steady_clock::now() < end;) {
      loop.run_one_for(100ms);
      for (const auto& view : analyst->view("shop")) last = view;
      if (last.answer.starts_with(awaited)) break;
    }
    return last;
  }

  static inline std::string folder_;
  static inline int port_ = 0;
  static inline std::unique_ptr<Process> process_;
};

TEST_F(Prometheus, GivesTheNumberOfAQuery) {
  EXPECT_EQ(ask("vector(1)", "1").value, 1) << read_text(folder_ + "/log");
  EXPECT_EQ(ask("up", "1").state, objects::AnalysisState::Passing);
  EXPECT_EQ(ask("scalar(vector(2))", "2").state, objects::AnalysisState::Failing);
  EXPECT_EQ(ask("sum(up{job=\"itself\"}) + 0 * (" + std::string(3000, ' ') + "1)", "1").value, 1) << "sent as a body";
}

TEST_F(Prometheus, FindsNothing) {
  const auto view = ask("no_such_metric", "no data");
  EXPECT_EQ(view.state, objects::AnalysisState::NoData);
  EXPECT_EQ(view.answer, "no data: the query finds nothing");
  EXPECT_THAT(ask("vector(0) / vector(0)", "no data").answer, HasSubstr("NaN"));
}

TEST_F(Prometheus, GivesMoreThanOneNumber) {
  EXPECT_THAT(ask("prometheus_http_requests_total", "no data: the query must").answer, HasSubstr("one number, not"));
}

TEST_F(Prometheus, RefusesASyntaxError) {
  EXPECT_THAT(ask("sum(", "Prometheus refuses").answer, StartsWith("Prometheus refuses the query: bad_data: "));
}

// Last: it ends what the others ask.
TEST_F(Prometheus, ThatIsDownGivesNoData) {
  ASSERT_EQ(ask("vector(1)", "1").value, 1);
  stop();
  const auto view = ask("vector(1)", "no answer");
  EXPECT_EQ(view.state, objects::AnalysisState::NoData);
  EXPECT_THAT(view.answer, StartsWith("no answer: "));
}

}  // namespace
}  // namespace teal::test
