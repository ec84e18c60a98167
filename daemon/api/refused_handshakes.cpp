#include "daemon/api/refused_handshakes.hpp"

#include <fmt/format.h>

#include <utility>

namespace teal::api {

void RefusedHandshakes::note(const std::string& address, const runtime::Peer& peer, const Error& error,
                             Clock::time_point now) {
  const bool is_told =
      error.code == ErrorCode::denied || error.code == ErrorCode::unhealthy || error.code == ErrorCode::invalid;
  if (!is_told) return;
  if (now - minute_ >= std::chrono::minutes{1}) {
    minute_ = now;
    told_ = 0;
  }
  if (told_ >= most_a_minute) {
    ++held_back_;
    return;
  }
  ++told_;
  // Without the port, so that the log sees that somebody tries the same again and again.
  auto message = fmt::format("{}: no connection with {}: {}", address, peer.remote ? peer.remote->host : "somebody",
                             error.message);
  if (const auto more = std::exchange(held_back_, 0); more > 0) {
    message += fmt::format(" (and {} more before it, which found no room here)", more);
  }
  log_.write(runtime::LogLevel::Warning, "", "TlsRefused", message);
}

}  // namespace teal::api
