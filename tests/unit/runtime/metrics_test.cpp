#include "daemon/runtime/metrics.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <sstream>
#include <string>

namespace teal::test {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

// The value of a series as Prometheus would read it; "absent" when there is none.
std::string value(const runtime::Metrics& metrics, const std::string& series) {
  std::istringstream lines(metrics.expose());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(series + " ")) return line.substr(series.size() + 1);
  }
  return "absent";
}

std::size_t mentions(const runtime::Metrics& metrics, const std::string& text) {
  const std::string all = metrics.expose();
  std::size_t count = 0;
  for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + 1)) ++count;
  return count;
}

ports::ApplicationGauges gauges() {
  ports::ApplicationGauges made;
  made.phase = "Progressing";
  made.active_version = "1.0.0";
  made.target_version = "2.0.0";
  made.replicas = {{"api", "active", "ready", 2}, {"api", "incoming", "starting", 1}};
  made.servers = {{"api", "up", 2}};
  return made;
}

TEST(Metrics, SaysWhatItIs) {
  const runtime::Metrics metrics;
  EXPECT_EQ(value(metrics, "teal_leader"), "1");
  EXPECT_EQ(value(metrics, "teal_work_queue_depth"), "0");
  EXPECT_EQ(mentions(metrics, "teal_build_info{"), 1u);
  EXPECT_EQ(value(metrics, "teal_reconcile_duration_seconds_count"), "0");
  EXPECT_EQ(value(metrics, "teal_loop_blocked_seconds_count"), "0");
}

TEST(Metrics, TellsOfBackendsThatFailOpenAndOfCertificates) {
  runtime::Metrics metrics;
  metrics.fails_open("edge", "shop_api", true);
  EXPECT_EQ(value(metrics, R"(teal_load_balancer_fails_open{backend="shop_api",load_balancer="edge"})"), "1");
  metrics.fails_open("edge", "shop_api", false);
  EXPECT_EQ(value(metrics, R"(teal_load_balancer_fails_open{backend="shop_api",load_balancer="edge"})"), "0");
  const auto series = [](const std::string& name) {
    return R"(teal_certificate_expiry_timestamp_seconds{load_balancer="edge",name=")" + name + "\"}";
  };
  metrics.certificates("edge", {{"shop.pem", Time{1'800'000'000'000ms}}, {"old.pem", Time{1'700'000'000'000ms}}});
  EXPECT_EQ(value(metrics, series("shop.pem")), "1800000000");
  metrics.certificates("edge", {{"shop.pem", Time{1'900'000'000'000ms}}});
  EXPECT_EQ(value(metrics, series("shop.pem")), "1900000000");
  EXPECT_EQ(value(metrics, series("old.pem")), "absent") << "its file is gone";
}

TEST(Metrics, TellsAboutTheProcess) {
  const runtime::Metrics metrics;
  for (const std::string name : {"process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
                                 "process_max_fds", "process_start_time_seconds"}) {
    const auto text = value(metrics, name);
    ASSERT_NE(text, "absent") << name;
    EXPECT_GT(std::stod(text), 0) << name;
  }
  EXPECT_NE(value(metrics, "process_cpu_seconds_total"), "absent");
  EXPECT_GT(std::stod(value(metrics, "process_resident_memory_bytes")), 1e6);
  EXPECT_GT(std::stod(value(metrics, "process_start_time_seconds")), 1.6e9);
}

TEST(Metrics, ShowsAllSixPhasesOfAnApplication) {
  runtime::Metrics metrics;
  metrics.application("shop", gauges());
  EXPECT_EQ(value(metrics, R"(teal_application_phase{application="shop",phase="Progressing"})"), "1");
  for (const std::string phase : {"Healthy", "AwaitingApproval", "Paused", "Degraded", "Suspended"}) {
    EXPECT_EQ(value(metrics, R"(teal_application_phase{application="shop",phase=")" + phase + "\"}"), "0");
  }
  auto next = gauges();
  next.phase = "Healthy";
  metrics.application("shop", next);
  EXPECT_EQ(value(metrics, R"(teal_application_phase{application="shop",phase="Progressing"})"), "0");
  EXPECT_EQ(value(metrics, R"(teal_application_phase{application="shop",phase="Healthy"})"), "1");
}

TEST(Metrics, GaugesAreReplacedAsAWhole) {
  runtime::Metrics metrics;
  metrics.application("shop", gauges());
  const std::string active = R"(teal_replicas{application="shop",component="api",role="active",state="ready"})";
  EXPECT_EQ(value(metrics, active), "2");
  EXPECT_EQ(value(metrics, R"(teal_load_balancer_servers{application="shop",component="api",state="up"})"), "2");
  ports::ApplicationGauges next;
  next.active_version = "2.0.0";
  next.target_version = "2.0.0";
  metrics.application("shop", next);
  EXPECT_EQ(value(metrics, active), "absent");
  EXPECT_EQ(mentions(metrics, "teal_application_info{"), 1u);
  EXPECT_EQ(
      value(metrics, R"(teal_application_info{active_version="2.0.0",application="shop",target_version="2.0.0"})"),
      "1");
}

TEST(Metrics, CountersStartAtZeroWithTheApplication) {
  runtime::Metrics metrics;
  metrics.application("shop", gauges());
  for (const std::string outcome : {"Complete", "RolledBack", "Failed", "Superseded"}) {
    EXPECT_EQ(value(metrics, R"(teal_rollouts_total{application="shop",outcome=")" + outcome + "\"}"), "0");
  }
  EXPECT_EQ(value(metrics, R"(teal_health_probes_total{application="shop",component="api",result="failure"})"), "0");
  EXPECT_EQ(value(metrics, R"(teal_traffic_probes_total{application="shop",component="api",result="failure"})"), "0");
}

TEST(Metrics, CountersOfJobsErrorsAndWebhooksStartAtZeroBeforeAnythingHappens) {
  runtime::Metrics metrics;
  auto made = gauges();
  made.jobs = {{"default", "Pending"}};
  metrics.application("shop", made);
  for (const std::string outcome : {"Succeeded", "Failed", "Unknown"}) {
    const auto labels = R"({application="shop",job="default",outcome=")" + outcome + "\"}";
    EXPECT_EQ(value(metrics, "teal_migrations_total" + labels), "0");
  }
  EXPECT_EQ(value(metrics, R"(teal_reconcile_errors_total{reason="unavailable"})"), "0");
  metrics.webhook(1, "RolloutPaused");
  EXPECT_EQ(value(metrics, R"(teal_notifications_total{outcome="failed",type="RolloutPaused",webhook="1"})"), "0");
}

TEST(Metrics, ShowsWhatIsWantedTheStateOfEachJobAndSinceWhenThePhaseLasts) {
  runtime::Metrics metrics;
  auto made = gauges();
  made.wanted = {{"api", 2}, {"worker", 1}};
  made.jobs = {{"default", "Running"}};
  made.rollout_phase = "Migrating";
  made.rollout_phase_began = Time{std::chrono::milliseconds{1500000000500}};
  metrics.application("shop", made);
  EXPECT_EQ(value(metrics, R"(teal_replicas_wanted{application="shop",component="api"})"), "2");
  EXPECT_EQ(value(metrics, R"(teal_migration_state{application="shop",job="default",state="Running"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_migration_state{application="shop",job="default",state="Unknown"})"), "0");
  EXPECT_EQ(value(metrics, R"(teal_rollout_phase_start_time_seconds{application="shop",phase="Migrating"})"),
            "1500000000.5");
  made.wanted = {{"api", 3}};
  made.jobs = {{"second", "Pending"}};
  made.rollout_phase = "Starting";
  metrics.application("shop", made);
  EXPECT_EQ(value(metrics, R"(teal_replicas_wanted{application="shop",component="api"})"), "3");
  EXPECT_EQ(value(metrics, R"(teal_replicas_wanted{application="shop",component="worker"})"), "absent");
  EXPECT_EQ(mentions(metrics, "teal_migration_state{"), 6u);
  EXPECT_EQ(mentions(metrics, "teal_rollout_phase_start_time_seconds{"), 1u);
  metrics.forget("shop");
  EXPECT_EQ(mentions(metrics, "application=\"shop\""), 0u);
}

TEST(Metrics, AScrapeOnAThreadOfItsOwnSaysTheSameAndMayOverlapWithAnything) {
  boost::asio::io_context loop{1};  // outlives the thread that scrapes
  runtime::Metrics metrics;
  std::string text;
  boost::asio::co_spawn(loop, metrics.scrape(runtime::Exposition::Text),
                        [&](std::exception_ptr, std::string got) { text = got; });
  for (int i = 0; i < 200 || loop.poll() == 0; ++i) {
    metrics.application("app-" + std::to_string(i % 20), gauges());
    metrics.forget("app-" + std::to_string((i + 10) % 20));
    metrics.rollout_finished("app-" + std::to_string(i % 20), "Complete", milliseconds(1));
  }
  loop.restart();
  loop.run();
  EXPECT_NE(text.find("teal_leader 1\n"), std::string::npos);
}

TEST(Metrics, CountsAndTimesWhatItIsTold) {
  runtime::Metrics metrics;
  metrics.rollout_finished("shop", "Complete", milliseconds(1500));
  metrics.phase_finished("shop", "Migrating", milliseconds(300));
  metrics.job_finished("shop", "default", "Succeeded", milliseconds(290));
  metrics.health_probe("shop", "api", "success", milliseconds(2));
  metrics.traffic_probe("shop", "api", "failure", ports::Seconds{0.002});
  metrics.load_balancer_errors("shop", "api", 3);
  metrics.reconciled(milliseconds(1));
  metrics.reconcile_error("StoreUnavailable");
  metrics.queue_depth(3);
  metrics.dependency("engine", "create", "ok", milliseconds(6));
  EXPECT_EQ(value(metrics, R"(teal_rollouts_total{application="shop",outcome="Complete"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_rollout_duration_seconds_sum{application="shop",outcome="Complete"})"), "1.5");
  EXPECT_EQ(value(metrics, R"(teal_rollout_phase_seconds_count{application="shop",phase="Migrating"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_migrations_total{application="shop",job="default",outcome="Succeeded"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_migration_duration_seconds_count{application="shop",job="default"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_health_probes_total{application="shop",component="api",result="success"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_health_probe_duration_seconds_count{application="shop",component="api"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_traffic_probes_total{application="shop",component="api",result="failure"})"), "1");
  EXPECT_EQ(value(metrics, R"(teal_load_balancer_errors_total{application="shop",component="api"})"), "3");
  EXPECT_EQ(
      value(metrics, R"(teal_traffic_probe_duration_seconds_bucket{application="shop",component="api",le="0.0025"})"),
      "1");
  EXPECT_EQ(value(metrics, "teal_reconcile_duration_seconds_count"), "1");
  EXPECT_EQ(value(metrics, R"(teal_reconcile_errors_total{reason="StoreUnavailable"})"), "1");
  EXPECT_EQ(value(metrics, "teal_work_queue_depth"), "3");
  EXPECT_EQ(value(metrics, R"(teal_dependency_request_duration_seconds_count{dependency="engine",operation="create",)"
                           R"(outcome="ok"})"),
            "1");
}

TEST(Metrics, AForgottenApplicationLeavesNothing) {
  runtime::Metrics metrics;
  for (const std::string name : {"shop", "shop-2"}) {
    metrics.application(name, gauges());
    metrics.rollout_finished(name, "Complete", milliseconds(1));
    metrics.phase_finished(name, "Migrating", milliseconds(1));
    metrics.job_finished(name, "default", "Succeeded", milliseconds(1));
    metrics.health_probe(name, "api", "success", milliseconds(1));
    metrics.traffic_probe(name, "api", "success", ports::Seconds{0.002});
    metrics.load_balancer_errors(name, "api", 1);
  }
  metrics.forget("shop");
  EXPECT_EQ(mentions(metrics, "application=\"shop\""), 0u);
  EXPECT_GT(mentions(metrics, "application=\"shop-2\""), 10u);
  metrics.application("shop", gauges());
  EXPECT_EQ(value(metrics, R"(teal_rollouts_total{application="shop",outcome="Complete"})"), "0");
}

TEST(Metrics, NoLabelGrowsWithoutBound) {
  runtime::Metrics metrics;
  for (int i = 0; i < 1000; ++i) {
    const std::string word = "word-" + std::to_string(i);
    metrics.reconcile_error(word);
    metrics.rollout_finished("shop", word, milliseconds(1));
    metrics.health_probe("shop", "api", word, milliseconds(1));
    metrics.dependency("engine", word, "ok", milliseconds(1));
    metrics.notification(0, word, word);
  }
  EXPECT_LE(mentions(metrics, "teal_reconcile_errors_total{"), 65u);
  EXPECT_EQ(mentions(metrics, "teal_rollouts_total{"), 1u);
  EXPECT_EQ(mentions(metrics, "teal_health_probes_total{"), 1u);
  EXPECT_LE(mentions(metrics, "teal_dependency_request_duration_seconds_count{"), 65u);
  EXPECT_EQ(mentions(metrics, "teal_notifications_total{"), 1u);  // "other"
}

TEST(Metrics, CountsSpansOfTraces) {
  runtime::Metrics metrics;
  EXPECT_EQ(mentions(metrics, "teal_tracing_spans_total{"), 0u) << "without tracing there are none";
  metrics.spans("exported", 7);
  metrics.spans("exported", 2);
  EXPECT_EQ(value(metrics, "teal_tracing_spans_total{outcome=\"exported\"}"), "9");
  EXPECT_EQ(value(metrics, "teal_tracing_spans_total{outcome=\"dropped\"}"), "0");
}

}  // namespace
}  // namespace teal::test
