#include "daemon/drivers/analysis/prometheus/prometheus_analyst.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <utility>

#include "daemon/drivers/analysis/prometheus/prometheus_answer.hpp"
#include "daemon/runtime/measured.hpp"
#include "daemon/runtime/task_group.hpp"
#include "manifests/foundation/percent.hpp"

namespace teal::analysis {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using SteadyClock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t most_answer_bytes = 256 << 10;
constexpr std::size_t longest_get = 1500;  // a longer query goes into a body: proxies cut long addresses off
constexpr Duration least_deadline = 1s;
constexpr Duration longest_deadline = 10s;

// What the asking coroutine and the analyst share. Once `stopped`, nobody reads it but the coroutine on its way out.
struct Loop {
  Loop(const asio::any_io_executor& executor, const PrometheusOptions& its_options, std::string its_application,
       world::AnalysisTarget target)
      : options(its_options),
        application(std::move(its_application)),
        client(executor, options.endpoint, options.tls),
        timer(executor) {
    view.target = std::move(target);
  }

  PrometheusOptions options;
  std::string application;
  http::Client client;
  asio::steady_timer timer;
  world::AnalysisView view;
  bool answered = false;
  bool stopped = false;
};

http::Request question(const std::string& query, Duration deadline) {
  const auto form = fmt::format("query={}&timeout={}ms", percent_encode(query),
                                std::chrono::duration_cast<std::chrono::milliseconds>(deadline).count());
  http::Request request;
  request.headers.emplace_back("User-Agent", "teal");
  request.headers.emplace_back("Accept", "application/json");
  request.target = "/api/v1/query";
  if (form.size() <= longest_get) {
    request.target += "?" + form;
    return request;
  }
  request.method = "POST";
  request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
  request.body = form;
  return request;
}

// A query that Prometheus refuses is our mistake, or the manifest's: Prometheus itself is well.
std::string_view outcome_of(const Result<http::Response>& response) {
  if (!response) return to_string(response.error().code);
  if (response->status == 200) return "ok";
  if (response->status == 401 || response->status == 403) return to_string(ErrorCode::denied);
  return to_string(response->status < 500 ? ErrorCode::invalid : ErrorCode::unavailable);
}

// What may stand in a header as it is: anything else would end it, and begin another.
bool is_header_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

awaitable<Reading> ask(std::shared_ptr<Loop> loop, std::string query) {
  const auto deadline = std::clamp<Duration>(loop->view.target.analysis.interval, least_deadline, longest_deadline);
  auto request = question(query, deadline);
  std::vector<masking::Secret> given;
  if (loop->options.token) {
    const auto token = co_await loop->options.secrets->read(*loop->options.token);
    if (!token || token->reveal().empty() || !is_header_value(token->reveal())) {
      Reading unasked;
      unasked.answer =
          "prometheus.token: " + (token ? std::string{"it is empty, or no text for a header"} : token.error().message);
      co_return unasked;
    }
    request.headers.emplace_back("Authorization", "Bearer " + token->reveal());
    given.push_back(*token);
  }
  auto call = loop->client.request(std::move(request), deadline, most_answer_bytes);
  const auto response =
      co_await runtime::measured(loop->options.telemetry, "prometheus", "query", std::move(call), outcome_of);
  co_return read_answer(response, masking::Mask{given});
}

awaitable<Reading> ask_both(std::shared_ptr<Loop> loop) {
  auto fresh = co_await ask(loop, loop->view.target.query);
  if (!fresh.value || loop->view.target.old_query.empty() || loop->stopped) co_return fresh;
  const auto old = co_await ask(loop, loop->view.target.old_query);
  Reading difference;
  if (!old.value) {
    difference.answer = "the old revision: " + old.answer;
    co_return difference;
  }
  difference.value = *fresh.value - *old.value;
  difference.answer = fmt::format("{} ({} less {})", shown(*difference.value), fresh.answer, old.answer);
  co_return difference;
}

awaitable<void> keep_asking(std::shared_ptr<Loop> loop) {
  auto due = SteadyClock::now();
  while (!loop->stopped) {
    auto reading = co_await ask_both(loop);
    if (loop->stopped) co_return;  // no longer asked: neither count nor tell
    auto& view = loop->view;
    const auto& analysis = view.target.analysis;
    view.value = reading.value;
    view.answer = std::move(reading.answer);
    view.state = world::judge(analysis, view.value);
    view.failures = world::counts_as_failure(analysis, view.state) ? view.failures + 1 : 0;
    view.at = loop->options.clock->now();
    loop->answered = true;
    loop->options.wake(loop->application);
    due = std::max(due + analysis.interval, SteadyClock::now() + 5ms);  // late ones are not made up for
    loop->timer.expires_at(due);
    co_await loop->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

// A query that is being asked; ends with this.
class Running {
 public:
  Running(const asio::any_io_executor& executor, std::shared_ptr<Loop> loop)
      : loop_(std::move(loop)),
        tasks_(executor, [](const std::string&, std::exception_ptr failure) { std::rethrow_exception(failure); }) {
    tasks_.spawn("analysis " + loop_->view.target.analysis.name, keep_asking(loop_));
  }
  ~Running() { loop_->stopped = true; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] const world::AnalysisView& view() const { return loop_->view; }
  [[nodiscard]] bool answered() const { return loop_->answered; }

 private:
  std::shared_ptr<Loop> loop_;
  runtime::TaskGroup tasks_;
};

class PrometheusAnalyst final : public ports::Analyst {
 public:
  PrometheusAnalyst(asio::any_io_executor executor, PrometheusOptions options)
      : executor_(std::move(executor)), options_(std::move(options)) {}

  void watch(const std::string& application, std::vector<world::AnalysisTarget> targets) override {
    if (targets.empty()) {
      running_.erase(application);
      return;
    }
    auto& running = running_[application];
    std::erase_if(running, [&](const auto& one) { return std::ranges::count(targets, one->view().target) == 0; });
    for (auto& target : targets) {
      const bool known = std::ranges::any_of(running, [&](const auto& one) { return one->view().target == target; });
      if (known) continue;
      auto loop = std::make_shared<Loop>(executor_, options_, application, std::move(target));
      running.push_back(std::make_unique<Running>(executor_, std::move(loop)));
    }
  }

  [[nodiscard]] std::vector<world::AnalysisView> view(const std::string& application) const override {
    std::vector<world::AnalysisView> views;
    const auto found = running_.find(application);
    if (found == running_.end()) return views;
    for (const auto& one : found->second) {
      if (one->answered()) views.push_back(one->view());
    }
    return views;
  }

 private:
  asio::any_io_executor executor_;
  PrometheusOptions options_;
  std::map<std::string, std::vector<std::unique_ptr<Running>>> running_;  // by application
};

}  // namespace

std::unique_ptr<ports::Analyst> make_prometheus_analyst(asio::any_io_executor executor, PrometheusOptions options) {
  return std::make_unique<PrometheusAnalyst>(std::move(executor), std::move(options));
}

}  // namespace teal::analysis
