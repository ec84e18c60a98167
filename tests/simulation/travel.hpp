// One call's way to a port and back. Private to disturbed_*.cpp.
#pragma once

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <functional>
#include <string>
#include <utility>

#include "tests/simulation/disturbed.hpp"

namespace teal::simulation {

using boost::asio::awaitable;

struct Call {
  std::string what;         // "start teal-shop-api-r1-0"
  std::string application;  // empty: not known
  std::string part;         // engine, store, or a load balancer's name
  std::string subject;      // the container's id or the server's name that it changes; empty: it changes nothing
  bool may_repeat = true;   // by somebody on the way
  ErrorCode fails_as = ErrorCode::unavailable;
};

// Never comes back: teald is dead.
inline awaitable<void> halt(Way& way) {
  way.die();
  co_await sleep(way.world.timeline, way.life, way.loop, std::chrono::hours{24 * 365});
}

template <class T>
awaitable<Result<T>> travel_far(Way& way, Call call, std::function<awaitable<Result<T>>()> effect) {
  auto& world = way.world;
  auto& faults = world.faults;
  const auto at = world.phase(call.application);
  const auto say = [&](Fault fault) {
    world.say(fmt::format("fault: {} {}", to_string(fault), call.what));
    world.monitors->hindered(call.application);
  };
  if (faults.strikes(Fault::CrashBeforeCall, 0.002, at)) {
    say(Fault::CrashBeforeCall);
    co_await halt(way);
  }
  if (faults.strikes(Fault::CallFails, 0.02, at)) {
    say(Fault::CallFails);
    co_return Error{call.fails_as, call.what + ": it came to nothing"};
  }
  if (!call.subject.empty() && faults.strikes(Fault::EffectLate, 0.01, at)) {
    say(Fault::EffectLate);
    world.monitors->blur(call.subject);
    const auto later = faults.stream(Fault::EffectLate).between(Duration{1000}, Duration{30000});
    world.timeline.in(later, Timeline::world, [&world, effect, what = call.what] {
      world.say("late: " + what);
      const Monitors::Late late{*world.monitors};
      boost::asio::io_context loop;
      boost::asio::co_spawn(loop, effect(), [](const std::exception_ptr&, const Result<T>&) {});
      loop.run();
    });
    co_await sleep(world.timeline, way.life, way.loop, Duration{10000});
    co_return Error{ErrorCode::timed_out, call.what + ": no answer within 10s"};
  }
  auto result = co_await effect();
  if (!call.subject.empty() && call.may_repeat && faults.strikes(Fault::Duplicated, 0.02, at)) {
    say(Fault::Duplicated);
    result = co_await effect();
  }
  if (faults.strikes(Fault::CrashAfterCall, 0.002, at)) {
    say(Fault::CrashAfterCall);
    co_await halt(way);
  }
  if (faults.strikes(Fault::AnswerLost, 0.02, at)) {
    say(Fault::AnswerLost);
    co_await sleep(world.timeline, way.life, way.loop, Duration{10000});
    co_return Error{ErrorCode::timed_out, call.what + ": no answer within 10s"};
  }
  if (faults.strikes(Fault::AnswerLate, 0.02, at)) {
    say(Fault::AnswerLate);
    co_await sleep(world.timeline, way.life, way.loop,
                   faults.stream(Fault::AnswerLate).between(Duration{500}, Duration{9000}));
  }
  co_return result;
}

template <class T>
awaitable<Result<T>> travel(Way& way, Call call, std::function<awaitable<Result<T>>()> effect) {
  auto& world = way.world;
  co_await sleep(world.timeline, way.life, way.loop, Duration{1});
  world.trace.mark(world.timeline.now(), call.what);
  if (world.is_away(call.part)) world.monitors->hindered(call.application);
  if (world.is_away(call.part)) co_return Error{ErrorCode::unavailable, call.part + ": connection refused"};
  if (world.trace.keep && !call.subject.empty()) world.note("teald: " + call.what);
  if (world.faults.active()) {
    auto result = co_await travel_far<T>(way, std::move(call), std::move(effect));
    co_return result;
  }
  auto result = co_await effect();
  co_return result;
}

}  // namespace teal::simulation
