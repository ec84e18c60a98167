// A connection from the point of view of its share: who the peer is, and what it uses.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "daemon/runtime/peer.hpp"

namespace teal::api {

// All connections of one address or one user.
struct Party {
  std::string name;
  std::size_t connections = 0;
  std::size_t streams = 0;
  std::size_t arriving = 0;  // bytes
};

// Whose connections count together: "uid 1000", "192.0.2.7", "2001:db8:0:1::/64", since whoever has one address of such
// a network has all of it; "unknown".
[[nodiscard]] std::string party_of(const runtime::Peer& peer);

class ClientConnection {
 public:
  // In the order in which they give way: Idle (nothing is asked for, or a stream with nothing to send), Receiving (half
  // a request), Sending (an answer that is not taken yet). One whose request is worked on stays.
  enum class Doing { Idle, Receiving, Sending, Working };
  using Clock = std::chrono::steady_clock;

  virtual ~ClientConnection() = default;
  // Ends the connection, now or as soon as it can be: it counts no more.
  virtual void give_way() = 0;

  [[nodiscard]] Doing doing() const { return doing_; }
  [[nodiscard]] Clock::time_point since() const { return since_; }
  [[nodiscard]] const std::shared_ptr<Party>& party() const { return party_; }
  void begins(Doing doing) {
    doing_ = doing;
    since_ = Clock::now();
  }

 private:
  friend class ConnectionQuota;
  Doing doing_ = Doing::Idle;
  Clock::time_point since_ = Clock::now();
  std::shared_ptr<Party> party_;  // null: it counts no more
  std::size_t arriving_ = 0;
  const std::string* leaving_ = nullptr;
  bool is_stream_ = false;
};

}  // namespace teal::api
