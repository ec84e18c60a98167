// A health monitor, what it was told to watch and whom it woke.
#pragma once

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>

#include "controllers/ports/secrets.hpp"
#include "daemon/health_monitor.hpp"
#include "daemon/runtime/metrics.hpp"
#include "tests/unit/daemon/health_monitor_server.hpp"

namespace teal::test {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Values by what their source is called.
class NotedSecrets final : public ports::Secrets {
 public:
  std::map<std::string, std::string> values;
  int reads = 0;

  boost::asio::awaitable<Result<masking::Secret>> read(spec::ValueSource source) override {
    ++reads;
    const auto found = values.find(source.text);
    if (found == values.end()) co_return Error{ErrorCode::not_found, "there is no file " + source.text};
    co_return masking::Secret{found->second};
  }
  boost::asio::awaitable<Result<masking::SecretEnvironment>> read_env_file(std::string) override {
    co_return masking::SecretEnvironment{};
  }
};

class HealthMonitorTest : public testing::Test {
 protected:
  HealthMonitorTest() {
    monitor_ = daemon::make_health_monitor(
        loop_.get_executor(), &metrics_,
        [this](const std::string& application) {
          ++wakes_[application];
          if (on_wake_) on_wake_();
        },
        &secrets_);
  }

  static ports::ProbeTarget target(const std::string& address, Duration interval = 200ms, bool settled = false) {
    ports::ProbeTarget result;
    result.container_id = "c1";
    result.component = "api";
    result.address = address;
    result.check.interval = interval;
    result.check.timeout = 100ms;
    result.settled = settled;
    return result;
  }
  static ports::TrafficTarget traffic(const HealthServer& server, const std::string& component = "api") {
    ports::TrafficTarget result;
    result.component = component;
    result.load_balancer = "edge";
    result.url = "http://" + server.address();
    result.check.timeout = 100ms;
    return result;
  }
  void watch(ports::ProbeTarget wanted) {
    std::vector<ports::ProbeTarget> targets;
    targets.push_back(std::move(wanted));
    monitor_->watch("shop", std::move(targets));
  }
  [[nodiscard]] world::HealthView view() const { return monitor_->view("c1").value_or(world::HealthView{}); }

  template <class Condition>
  bool until(Condition condition, Duration longest = 5s) {
    const auto end = Clock::now() + longest;
    while (!condition() && Clock::now() < end) {
      loop_.restart();
      loop_.run_for(1ms);
    }
    return condition();
  }
  void run_for(Duration duration) {
    until([] { return false; }, duration);
  }

  boost::asio::io_context loop_;
  runtime::Metrics metrics_;
  std::map<std::string, int> wakes_;
  std::function<void()> on_wake_;
  NotedSecrets secrets_;
  std::unique_ptr<ports::Health> monitor_;
};

}  // namespace teal::test
