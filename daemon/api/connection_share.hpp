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

#include "daemon/api/guest.hpp"
#include "daemon/api/message.hpp"

namespace teal::api {

struct ShareLimits {
  std::size_t connections = 768;
  std::size_t streams = 576;
  std::size_t streams_of_party = 288;
  std::size_t arriving = std::size_t{24} << 20;  // bytes of requests that have no answer yet
  std::size_t leaving = std::size_t{48} << 20;   // bytes of answers not taken yet; a text that several read counts once
};

// A part of these: so many `quarters` of the connections and the memory, and of the connections as many streams as
// leave room for requests.
[[nodiscard]] ShareLimits part_of(std::size_t connections, std::size_t arriving, std::size_t leaving,
                                  std::size_t quarters);

class ConnectionShare {
 public:
  explicit ConnectionShare(ShareLimits limits) : limits_(limits) {}

  struct Entry {
    bool is_in = false;
    std::shared_ptr<Guest> gave_way;  // whose place it got
    Guest::Doing was_doing = Guest::Doing::Idle;
  };
  [[nodiscard]] Entry enter(std::shared_ptr<Guest> guest, const std::string& party);
  // May be repeated.
  void leave(Guest& guest);
  // Somebody idle leaves, if there is anybody: for when descriptors are short.
  void make_room();

  // False: this party, or all together, have as many as they may.
  [[nodiscard]] bool begin_stream(Guest& guest);
  void end_stream(Guest& guest);

  // From now on `bytes` are held for the guest's request; 0: it is answered. False: there is no memory for it.
  [[nodiscard]] bool hold_arriving(Guest& guest, std::size_t bytes);
  // From now on `text` is held for the guest to read; null: it is sent. Those who have waited longest lose theirs.
  void hold_leaving(Guest& guest, const SharedText& text);

  [[nodiscard]] const ShareLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t size() const { return guests_.size(); }
  [[nodiscard]] std::list<std::shared_ptr<Guest>> guests() const { return guests_; }
  [[nodiscard]] std::size_t arriving() const { return arriving_; }
  [[nodiscard]] std::size_t leaving() const { return leaving_; }

 private:
  using Amount = std::function<std::size_t(const Party&)>;
  using Eligible = std::function<bool(const Guest&)>;

  [[nodiscard]] std::shared_ptr<Guest> who_gives_way(const Amount& amount, const Eligible& eligible) const;
  void send_off(const std::shared_ptr<Guest>& guest);
  void let_go(Guest& guest);
  [[nodiscard]] std::shared_ptr<Party> party_named(const std::string& name);

  struct Text {
    std::size_t size = 0;
    std::size_t readers = 0;
  };

  ShareLimits limits_;
  std::list<std::shared_ptr<Guest>> guests_;
  std::map<std::string, std::shared_ptr<Party>> parties_;  // those with connections
  std::map<const std::string*, Text> texts_;
  std::size_t streams_ = 0;
  std::size_t arriving_ = 0;
  std::size_t leaving_ = 0;
};

}  // namespace teal::api
