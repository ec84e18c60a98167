// The resources that clients of one transport may use at once: connections, streams, and memory for partial requests
// and unread responses. Unix sockets and TCP have separate shares, so that neither can starve the other.
//
// When a resource is used up, the longest idle holders are evicted, among the parties that hold at least half as much
// of it as the largest holder; never the connections of a party that has fewer than the newcomer's. Single-threaded.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "daemon/api/client_connection.hpp"
#include "daemon/api/message.hpp"

namespace teal::api {

struct QuotaLimits {
  std::size_t connections = 768;
  std::size_t streams = 576;
  std::size_t streams_of_party = 288;
  std::size_t arriving = std::size_t{24} << 20;  // bytes of requests that have no answer yet
  std::size_t leaving = std::size_t{48} << 20;   // bytes of answers not taken yet; a text that several read counts once
};

// A part of these: so many `quarters` of the connections and the memory, and of the connections as many streams as
// leave room for requests.
[[nodiscard]] QuotaLimits part_of(std::size_t connections, std::size_t arriving, std::size_t leaving,
                                  std::size_t quarters);

class ConnectionQuota {
 public:
  explicit ConnectionQuota(QuotaLimits limits) : limits_(limits) {}

  struct Entry {
    bool is_in = false;
    std::shared_ptr<ClientConnection> gave_way;  // whose place it got
    ClientConnection::Doing was_doing = ClientConnection::Doing::Idle;
  };
  [[nodiscard]] Entry enter(std::shared_ptr<ClientConnection> client, const std::string& party);
  // May be repeated.
  void leave(ClientConnection& client);
  // Somebody idle leaves, if there is anybody: for when descriptors are short.
  void make_room();

  // False: this party, or all together, have as many as they may.
  [[nodiscard]] bool begin_stream(ClientConnection& client);
  void end_stream(ClientConnection& client);

  // From now on `bytes` are held for the client's request; 0: it is answered. False: there is no memory for it.
  [[nodiscard]] bool hold_arriving(ClientConnection& client, std::size_t bytes);
  // From now on `text` is held for the client to read; null: it is sent. Those who have waited longest lose theirs.
  void hold_leaving(ClientConnection& client, const SharedText& text);

  [[nodiscard]] const QuotaLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] std::list<std::shared_ptr<ClientConnection>> clients() const { return clients_; }
  [[nodiscard]] std::size_t arriving() const { return arriving_; }
  [[nodiscard]] std::size_t leaving() const { return leaving_; }

 private:
  using Amount = std::function<std::size_t(const Party&)>;
  using Eligible = std::function<bool(const ClientConnection&)>;

  [[nodiscard]] std::shared_ptr<ClientConnection> who_gives_way(const Amount& amount, const Eligible& eligible) const;
  void send_off(const std::shared_ptr<ClientConnection>& client);
  void let_go(ClientConnection& client);
  [[nodiscard]] std::shared_ptr<Party> party_named(const std::string& name);

  struct Text {
    std::size_t size = 0;
    std::size_t readers = 0;
  };

  QuotaLimits limits_;
  std::list<std::shared_ptr<ClientConnection>> clients_;
  std::map<std::string, std::shared_ptr<Party>> parties_;  // those with connections
  std::map<const std::string*, Text> texts_;
  std::size_t streams_ = 0;
  std::size_t arriving_ = 0;
  std::size_t leaving_ = 0;
};

}  // namespace teal::api
