#include "daemon/drivers/tracing/otlp/exporter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <optional>
#include <random>

#include "daemon/drivers/tracing/otlp/otlp.hpp"
#include "daemon/runtime/build_info.hpp"
#include "daemon/runtime/retry.hpp"
#include "daemon/runtime/stream.hpp"

namespace teal::otlp {

using boost::asio::awaitable;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t largest_answer = 64 << 10;

struct Outcome {
  bool sent = false;
  bool again = false;  // trying once more may help
  std::optional<Duration> retry_after;
  std::string why;
  std::int64_t refused = 0;  // of the spans that were sent
};

// OTLP/HTTP, "Failures": these four may be tried again, all others must not.
bool may_be_repeated(int status) { return status == 429 || (status >= 502 && status <= 504); }

Outcome outcome_of(const Result<http::Response>& answer, const masking::Mask& given, Time now) {
  Outcome outcome;
  if (!answer) {
    outcome.again = answer.error().code != ErrorCode::internal;
    outcome.why = answer.error().message;
    return outcome;
  }
  outcome.sent = answer->status >= 200 && answer->status < 300;
  outcome.again = may_be_repeated(answer->status);
  outcome.retry_after = runtime::parse_retry_after(http::find_header(answer->headers, "Retry-After"), now);
  outcome.why = fmt::format("answered {}", answer->status);
  if (!outcome.sent) return outcome;
  auto refusal = read_otlp_answer(answer->body, given);
  outcome.refused = refusal.spans;
  outcome.why = "took them in part: " + refusal.why;
  return outcome;
}

bool can_be_sent(std::string_view header) {
  return std::ranges::none_of(header, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
}

}  // namespace

struct SpanExporter::State {
  State(boost::asio::any_io_executor executor, ExporterOptions its_options)
      : options(std::move(its_options)),
        where("tracing.otlp: " + http::to_string(options.endpoint)),
        client(executor, options.endpoint),
        timer(executor),
        idle(executor) {}

  awaitable<Outcome> send(std::vector<tracing::Span> batch) {
    Outcome outcome;
    http::Request request;
    request.method = "POST";
    request.target = "/v1/traces";
    request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("User-Agent", fmt::format("teal/{}", runtime::build_version()));
    std::vector<masking::Secret> given;
    for (const auto& [name, source] : options.headers) {
      const auto value = co_await options.secrets->read(source);
      if (!value || !can_be_sent(value->reveal())) {
        // A file that is put right counts at the next try.
        outcome.again = true;
        outcome.why = fmt::format("header {}: {}", name,
                                  value ? std::string{"its value has control characters"} : value.error().message);
        co_return outcome;
      }
      request.headers.emplace_back(name, value->reveal());
      given.push_back(*value);
    }
    request.body = otlp_request(batch, options.instance);
    const auto answer = co_await client.request(std::move(request), options.pace.deadline, largest_answer);
    outcome = outcome_of(answer, masking::Mask{given},
                         std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
    co_return outcome;
  }

  // The batch is counted either way when this returns.
  awaitable<void> deliver() {
    const auto count = sending;
    for (int tries = 1;; ++tries) {
      std::vector<tracing::Span> batch(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
      const auto outcome = co_await send(std::move(batch));
      if (outcome.sent) {
        const auto refused = static_cast<std::size_t>(std::clamp<std::int64_t>(outcome.refused, 0, count));
        options.telemetry->spans("exported", count - refused);
        if (refused > 0) drop(refused, outcome.why);
        failing = false;
        break;
      }
      if (!outcome.again || tries >= options.pace.tries || closing) {
        drop(count, outcome.why);
        break;
      }
      if (!failing && options.warn) options.warn(fmt::format("{}: {}; trying again", where, outcome.why));
      failing = true;
      const double part = std::uniform_real_distribution<double>{0, 1}(random);
      const auto pause = runtime::backoff(tries, options.pace.first_delay, options.pace.longest_delay, part);
      co_await sleep(std::max(pause, outcome.retry_after.value_or(0ms)));
    }
    queue.erase(queue.begin(), queue.begin() + static_cast<std::ptrdiff_t>(count));
    sending = 0;
  }

  awaitable<void> sleep(Duration duration) {
    if (closing) co_return;
    timer.expires_after(duration);
    co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }

  awaitable<void> gather() {
    const auto end = runtime::after(options.pace.gather);
    while (!closing && queue.size() < options.pace.batch && std::chrono::steady_clock::now() < end) {
      timer.expires_at(end);
      co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
  }

  void drop(std::size_t count, const std::string& why) {
    options.telemetry->spans("dropped", count);
    dropped += count;
    const auto now = std::chrono::steady_clock::now();
    if (told_at && now - *told_at < options.pace.quiet) return;
    told_at = now;
    if (options.warn) options.warn(fmt::format("{}: {} spans were dropped: {}", where, dropped, why));
    dropped = 0;
  }

  ExporterOptions options;
  std::string where;
  http::Client client;
  boost::asio::steady_timer timer;  // of the one coroutine
  boost::asio::steady_timer idle;   // of flush
  std::deque<tracing::Span> queue;
  std::size_t sending = 0;  // so many at the front are being sent
  bool waits = false;       // for the first span
  bool closing = false;
  bool failing = false;     // told of, until it takes spans again
  std::size_t dropped = 0;  // and not told yet
  std::optional<runtime::Deadline> told_at;
  std::minstd_rand random{std::random_device{}()};
};

SpanExporter::SpanExporter(boost::asio::any_io_executor executor, ExporterOptions options)
    : state_(std::make_shared<State>(std::move(executor), std::move(options))) {}

SpanExporter::~SpanExporter() = default;

void SpanExporter::add(tracing::Span span) {
  auto& state = *state_;
  state.queue.push_back(std::move(span));
  if (state.queue.size() > state.options.pace.waiting + state.sending) {
    // What is being sent stays where it is.
    state.queue.erase(state.queue.begin() + static_cast<std::ptrdiff_t>(state.sending));
    state.drop(1, fmt::format("{} newer ones wait already", state.options.pace.waiting));
  }
  // While a batch is being sent the timer is its pause.
  if (state.sending == 0 && (state.waits || state.queue.size() >= state.options.pace.batch)) state.timer.cancel();
}

awaitable<void> SpanExporter::run() {
  const auto state = state_;
  for (;;) {
    if (state->queue.empty()) {
      state->idle.cancel();
      state->waits = true;
      state->timer.expires_at(runtime::no_deadline);
      co_await state->timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      state->waits = false;
      if (state->queue.empty()) continue;
    }
    co_await state->gather();
    state->sending = std::min(state->queue.size(), state->options.pace.batch);
    co_await state->deliver();
  }
}

awaitable<void> SpanExporter::flush(Duration limit) {
  const auto state = state_;
  state->closing = true;
  state->timer.cancel();
  const auto end = runtime::after(limit);
  while (!state->queue.empty() && std::chrono::steady_clock::now() < end) {
    state->idle.expires_at(end);
    co_await state->idle.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
  }
  if (!state->queue.empty()) state->drop(state->queue.size(), "teald ends");
}

}  // namespace teal::otlp
