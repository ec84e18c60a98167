// The external calls of one application's rollout: each is a span below the phase in which it began.
//
// Bounded: a waiting rollout makes hundreds of reads, so of these only the first few of a phase, slow and failed ones
// become spans, and of changes a limited number per phase; the others are counted (teal.calls of the phase's span).
// Without a rollout under way nothing is recorded.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/drivers/tracing/rollout_spans.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::tracing {

enum class CallKind { Reads, Changes };

struct Call {
  std::string_view dependency;  // engine | load_balancer | store
  std::string_view operation;
  CallKind kind = CallKind::Reads;
  Attributes attributes;
};

class CallWatch {
 public:
  using Sink = std::function<void(Span)>;

  CallWatch(std::string application, std::string owner, Sink sink);

  // The rollout as it is on record now: what begins from here on belongs to its last phase.
  void follow(const records::RolloutRecord& record);
  // True once for each rollout.
  [[nodiscard]] bool ends(const records::RolloutRecord& record);
  [[nodiscard]] const std::map<std::size_t, PhaseCalls>& calls() const { return calls_; }

  // `work` is not begun yet.
  template <class T>
  [[nodiscard]] static boost::asio::awaitable<Result<T>> run(std::shared_ptr<CallWatch> watch, Call call,
                                                             boost::asio::awaitable<Result<T>> work) {
    auto begun = watch->begin();
    auto result = co_await std::move(work);
    if (begun) {
      std::optional<Error> error;
      if (!result) error = result.error();
      watch->end(std::move(*begun), std::move(call), std::move(error));
    }
    co_return result;
  }

 private:
  struct Begun {
    std::string trace_id;
    std::size_t phase = 0;
    std::uint64_t start_ns = 0;
    std::chrono::steady_clock::time_point at;
  };
  [[nodiscard]] std::optional<Begun> begin() const;
  void end(Begun begun, Call call, std::optional<Error> error);
  [[nodiscard]] bool has_room(const std::string& trace_id, std::size_t phase, bool notable, CallKind kind);

  std::string application_;
  std::string owner_;
  Sink sink_;
  std::string trace_id_;  // empty: no rollout is under way
  std::size_t phase_ = 0;
  std::string counted_;  // the trace that `calls_` is of
  std::string ended_;    // the last one that ended
  std::map<std::size_t, PhaseCalls> calls_;
  std::uint64_t number_ = 0;                    // of the last span, so that no two are one
  std::map<std::size_t, std::size_t> reads_;    // spans so far, by phase
  std::map<std::size_t, std::size_t> notable_;  // changes, failed and slow calls
};

using CallWatchPtr = std::shared_ptr<CallWatch>;

}  // namespace teal::tracing
