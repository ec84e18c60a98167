// Logs failed TLS handshakes, with address and reason.
//
// Bounded: twenty lines a minute; the rest is counted in the first line of a later minute. Connections that were merely
// closed (as port checks do) or stayed silent are not logged.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "daemon/runtime/log.hpp"
#include "daemon/runtime/peer.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::api {

class RefusedHandshakes {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr int most_a_minute = 20;

  explicit RefusedHandshakes(runtime::Log& log) : log_(log) {}

  // `address`: where it came in. Errors that are told: denied, unhealthy, invalid.
  void note(const std::string& address, const runtime::Peer& peer, const Error& error,
            Clock::time_point now = Clock::now());

 private:
  runtime::Log& log_;
  Clock::time_point minute_{};  // when it began
  int told_ = 0;
  std::uint64_t held_back_ = 0;
};

}  // namespace teal::api
