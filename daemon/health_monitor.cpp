#include "daemon/health_monitor.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <map>
#include <utility>

#include "controllers/ports/telemetry.hpp"
#include "daemon/health_monitor_headers.hpp"
#include "daemon/health_monitor_tally.hpp"
#include "daemon/health_monitor_witness.hpp"
#include "daemon/runtime/task_group.hpp"

namespace teal::daemon {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr Duration fastest = 20ms;
constexpr Duration slowest_while_deciding = 1s;
constexpr Duration least_rest = 5ms;    // between an answer and the next question
constexpr Duration counters_rest = 5s;  // once they could not be read, so that probes are not held up by that each time

// What is asked, and how often.
struct Question {
  std::string component;
  std::string url;
  spec::HealthCheck check;
  bool traffic = false;
  bool settled = false;
  int per_second = 0;  // traffic only, as are these
  std::string load_balancer{};
  std::string backend{};
};

// What the probing coroutine and the monitor share. Once `stopped`, nobody reads it but the coroutine on its way out.
struct Loop {
  Loop(const asio::any_io_executor& executor, std::string its_application, Question its_question, Tally its_tally,
       ports::Secrets* secrets)
      : application(std::move(its_application)),
        question(std::move(its_question)),
        tally(std::move(its_tally)),
        headers(question.check.headers, secrets),
        timer(executor) {}

  [[nodiscard]] Duration gap() const {
    if (question.traffic) return Duration{1000 / std::max(question.per_second, 1)};
    const auto interval = question.check.interval;
    if (question.settled && !tally.undecided(question.check)) return interval;
    // The engine is about to say that it ended, with exit code and last words: a better reason than "connection
    // refused", which hurrying would only bring forward.
    if (tally.vanished()) return interval;
    // Whoever has failed for longer than a start may take is not asked more often than its manifest says.
    const bool is_given_time = Steady::now() < begun + question.check.startup;
    if (!is_given_time && tally.failures >= question.check.failures) return interval;
    return std::min(interval, std::clamp(interval / 10, fastest, slowest_while_deciding));
  }

  std::string application;
  Question question;
  Tally tally;
  HealthHeaders headers;
  ProbeWitness witness;
  bool is_witnessed = false;               // its load balancer counts
  Steady::time_point counters_readable{};  // not asked before
  asio::steady_timer timer;
  const Steady::time_point begun = Steady::now();
  Steady::time_point asked{};
  Steady::time_point answered{};
  std::uint64_t number = 0;  // of the question that is asked now
  bool stopped = false;
};

struct Outside {
  ports::Telemetry* telemetry = nullptr;
  std::function<void(std::string)> wake;
  ports::Secrets* secrets = nullptr;
  std::shared_ptr<std::uint64_t> questions;  // how many were asked so far
  RequestsGiven given;
};

HealthVerdict cannot_ask(const Error& error) {
  HealthVerdict verdict;
  verdict.answer = one_line(error.message);
  return verdict;
}

awaitable<HealthVerdict> ask(std::string url, spec::HealthCheck check, std::shared_ptr<const GivenHeaders> headers) {
  const auto executor = co_await asio::this_coro::executor;
  const auto endpoint = http::parse_endpoint(url);
  if (!endpoint) co_return cannot_ask(endpoint.error());
  // A client of its own for each: a server that takes no new connections is not well, however old ones fare.
  http::Client client{executor, *endpoint};
  auto request = health_request(check, *headers);
  auto needed = [check](int status) { return bytes_needed(check, status); };
  auto response = co_await client.ask(std::move(request), check.timeout, std::move(needed));
  auto verdict = judge(check, *endpoint, response);
  verdict.is_answered = response.has_value();
  if (verdict.healthy || !response) co_return verdict;
  mask_answer(*response, headers->mask);
  auto shown = judge(check, *endpoint, response);
  shown.healthy = false;
  shown.is_answered = true;
  co_return shown;
}

awaitable<std::optional<std::uint64_t>> read_counters(std::shared_ptr<Loop> loop,
                                                      std::shared_ptr<const Outside> outside) {
  if (!loop->question.traffic || !outside->given || Steady::now() < loop->counters_readable) co_return std::nullopt;
  const auto given = co_await outside->given(loop->question.load_balancer, loop->question.backend);
  if (given) loop->is_witnessed = true;
  if (!given) loop->counters_readable = Steady::now() + counters_rest;
  co_return given;
}

void measure(const Loop& loop, const Outside& outside, bool healthy) {
  if (outside.telemetry == nullptr) return;
  const std::string_view result = healthy ? "success" : "failure";
  const auto& component = loop.question.component;
  if (loop.question.traffic) {
    outside.telemetry->traffic_probe(loop.application, component, result, loop.answered - loop.asked);
  } else {
    outside.telemetry->health_probe(loop.application, component, result, loop.answered - loop.asked);
  }
}

// Somebody who waits for traffic to be verified has just got enough of it.
bool enough_traffic(const Loop& loop, bool healthy) {
  const auto needed = static_cast<std::uint64_t>(std::max(loop.question.check.successes, 1));
  return loop.question.traffic && healthy && loop.tally.probes - loop.tally.failed == needed;
}

awaitable<void> rest(std::shared_ptr<Loop> loop) {
  // Looked at again after each wait: the gap changes when a target settles.
  for (;;) {
    const auto due = std::max(loop->asked + loop->gap(), loop->answered + least_rest);
    if (loop->stopped || Steady::now() >= due) co_return;
    loop->timer.expires_at(due);
    co_await loop->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

awaitable<void> probe(std::shared_ptr<Loop> loop, std::shared_ptr<const Outside> outside) {
  while (!loop->stopped) {
    loop->asked = Steady::now();
    loop->number = ++*outside->questions;
    const auto headers = co_await loop->headers.read(loop->tally.failures > 0);
    if (loop->stopped) co_return;
    HealthVerdict verdict;
    if (headers) {
      const auto begun = Steady::now();
      const auto before = co_await read_counters(loop, outside);
      if (loop->stopped) co_return;
      loop->asked = Steady::now();
      verdict = co_await ask(loop->question.url, loop->question.check, *headers);
      loop->answered = Steady::now();
      // A probe that nobody answered may be on its way, or waiting in the load balancer.
      const bool is_judged = before && verdict.is_answered && !loop->stopped;
      const auto after = is_judged ? co_await read_counters(loop, outside) : std::nullopt;
      loop->witness.note(before, begun, after, Steady::now());
    } else {
      verdict = cannot_ask(headers.error());
      loop->answered = Steady::now();
    }
    if (loop->stopped) co_return;  // the question is no longer asked: neither count nor tell
    const bool healthy = verdict.healthy;
    measure(*loop, *outside, healthy);
    loop->tally.latency.add(std::chrono::duration_cast<std::chrono::microseconds>(loop->answered - loop->asked));
    loop->tally.asked = loop->number;
    if (!healthy && loop->tally.failures == 0) loop->tally.failing_from = *outside->questions;
    if (healthy && loop->tally.successes == 0) loop->tally.well_from = loop->number;
    const bool matters = loop->tally.add(loop->question.check, std::move(verdict));
    if (matters || enough_traffic(*loop, healthy)) outside->wake(loop->application);
    co_await rest(loop);
  }
}

// A running probe; ends with this.
class Running {
 public:
  Running(const asio::any_io_executor& executor, std::shared_ptr<Loop> loop, std::shared_ptr<const Outside> outside)
      : loop_(std::move(loop)),
        tasks_(executor, [](const std::string&, std::exception_ptr failure) { std::rethrow_exception(failure); }) {
    tasks_.spawn("probe of " + loop_->question.url, probe(loop_, std::move(outside)));
  }
  ~Running() { loop_->stopped = true; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // False: it asks something else, and must begin anew.
  bool follow(const Question& wanted) {
    auto& question = loop_->question;
    if (question.url != wanted.url || question.check != wanted.check || question.component != wanted.component ||
        question.per_second != wanted.per_second || question.load_balancer != wanted.load_balancer ||
        question.backend != wanted.backend) {
      return false;
    }
    if (std::exchange(question.settled, wanted.settled) != wanted.settled) loop_->timer.cancel();
    return true;
  }
  [[nodiscard]] Tally& tally() const { return loop_->tally; }
  // None: its load balancer does not count.
  [[nodiscard]] std::optional<world::Witness> witness() const {
    return loop_->is_witnessed ? std::optional{loop_->witness.view()} : std::nullopt;
  }
  [[nodiscard]] const std::string& component() const { return loop_->question.component; }

 private:
  std::shared_ptr<Loop> loop_;
  runtime::TaskGroup tasks_;
};

using Questions = std::map<std::string, Question>;
using Probes = std::map<std::string, std::unique_ptr<Running>>;  // by what tells one target from another

world::HealthView view_of(const Tally& tally) {
  world::HealthView view;
  view.successes = tally.successes;
  view.failures = tally.failures;
  view.ever = tally.ever;
  view.answer = tally.answer;
  view.asked = tally.asked;
  view.failing_from = tally.failing_from;
  view.well_from = tally.well_from;
  view.wants_credentials = tally.wants_credentials;
  view.body = tally.body;
  return view;
}

class HealthMonitor final : public ports::Health {
 public:
  HealthMonitor(asio::any_io_executor executor, ports::Telemetry* telemetry, std::function<void(std::string)> wake,
                ports::Secrets* secrets, RequestsGiven given)
      : executor_(std::move(executor)),
        outside_(std::make_shared<Outside>(
            Outside{telemetry, std::move(wake), secrets, std::make_shared<std::uint64_t>(0), std::move(given)})) {}

  void watch(const std::string& application, std::vector<ports::ProbeTarget> targets) override {
    Questions wanted;
    for (auto& target : targets) {
      wanted[target.container_id] = Question{
          std::move(target.component), "http://" + target.address, std::move(target.check), false, target.settled, 0};
    }
    replace(replicas_, application, wanted);
  }

  void watch_traffic(const std::string& application, std::vector<ports::TrafficTarget> targets) override {
    Questions wanted;
    for (auto& target : targets) {
      const auto key = target.component + "/" + target.load_balancer;
      wanted[key] =
          Question{std::move(target.component), std::move(target.url),           std::move(target.check),  true, false,
                   target.per_second,           std::move(target.load_balancer), std::move(target.backend)};
    }
    replace(traffic_, application, wanted);
  }

  [[nodiscard]] std::optional<world::HealthView> view(const std::string& container_id) const override {
    for (const auto& [application, probes] : replicas_) {
      if (const auto found = probes.find(container_id); found != probes.end()) return view_of(found->second->tally());
    }
    return std::nullopt;
  }

  // One bad way in is not outweighed by another good one: the fewest successes and the most failures in a row count.
  [[nodiscard]] world::TrafficView take_traffic(const std::string& application) override {
    world::TrafficView view;
    const auto found = traffic_.find(application);
    if (found == traffic_.end()) return view;
    bool first = true;
    std::string failed_answer;
    for (const auto& [key, probe] : found->second) {
      auto& tally = probe->tally();
      view.probes += tally.probes;
      view.failed += tally.failed;
      view.latency.add(tally.latency);
      view.successes = first ? tally.successes : std::min(view.successes, tally.successes);
      view.failures = std::max(view.failures, tally.failures);
      if (!tally.answer.empty()) view.answer = tally.answer;
      if (tally.failures > 0) failed_answer = tally.answer;
      if (failed_answer.empty()) failed_answer = tally.failed_answer;
      if (const auto witness = probe->witness()) view.witnessed.emplace(probe->component(), *witness);
      tally.take();
      first = false;
    }
    if (!failed_answer.empty()) view.answer = failed_answer;
    return view;
  }

 private:
  void replace(std::map<std::string, Probes>& all, const std::string& application, const Questions& wanted) {
    auto& probes = all[application];
    std::erase_if(probes, [&](const auto& entry) { return !wanted.contains(entry.first); });
    for (const auto& [key, question] : wanted) {
      auto& running = probes[key];
      if (running && running->follow(question)) continue;
      const auto loop = std::make_shared<Loop>(executor_, application, question, running ? running->tally() : Tally{},
                                               outside_->secrets);
      running = std::make_unique<Running>(executor_, loop, outside_);
    }
    if (probes.empty()) all.erase(application);
  }

  asio::any_io_executor executor_;
  std::shared_ptr<const Outside> outside_;
  std::map<std::string, Probes> replicas_;  // by application
  std::map<std::string, Probes> traffic_;
};

}  // namespace

std::unique_ptr<ports::Health> make_health_monitor(asio::any_io_executor executor, ports::Telemetry* telemetry,
                                                   std::function<void(std::string application)> wake,
                                                   ports::Secrets* secrets, RequestsGiven given) {
  return std::make_unique<HealthMonitor>(std::move(executor), telemetry, std::move(wake), secrets, std::move(given));
}

}  // namespace teal::daemon
