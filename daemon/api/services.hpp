// What handlers work with.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "controllers/ports/store.hpp"
#include "controllers/requests/control.hpp"
#include "controllers/status/board.hpp"
#include "daemon/access/denial_recorder.hpp"
#include "daemon/access/gate.hpp"
#include "daemon/api/change_lines.hpp"
#include "daemon/api/change_log.hpp"
#include "daemon/api/event_feed.hpp"
#include "daemon/api/followed_log.hpp"
#include "daemon/api/gzip.hpp"
#include "daemon/api/list_pages.hpp"
#include "daemon/api/list_text.hpp"
#include "daemon/api/shared_list.hpp"
#include "daemon/runtime/metrics.hpp"
#include "manifests/foundation/time.hpp"

namespace teal::api {

// Each runs programs and opens databases: one at a time, and of those who wait a few for each who asks, so that nobody
// makes the others wait, or holds connections, for long.
class Preflights {
 public:
  static constexpr int most_of_one = 2;

  Turns turns;
  // Held until it is answered; null: that one has as many already.
  [[nodiscard]] std::shared_ptr<void> place_for(const std::string& name) {
    auto& count = of_one_[name];
    if (count >= most_of_one) return nullptr;
    ++count;
    return {this, [this, name](void*) {
              if (--of_one_[name] == 0) of_one_.erase(name);
            }};
  }

 private:
  std::map<std::string, int> of_one_;
};

struct Services {
  status::Board& board;
  requests::Control& control;
  ports::Store& store;
  runtime::Metrics& metrics;
  const access::Gate& gate;
  std::vector<std::string> names;  // under which requests may come, besides the doors' own
  ChangeLog changes;
  SharedList list;
  ListPages pages;
  ChangeLines lines;
  FollowedLogs logs;
  EventFeed events;
  Gzip gzip;
  Turns turns_over_tcp;  // of lists that are made for one who asks
  Turns turns_over_unix;
  Turns logs_over_tcp;  // of kept logs that are read
  Turns logs_over_unix;
  Preflights preflights;
  Duration bookmark;                          // between two BOOKMARK lines of a watch
  Duration event_check;                       // between two looks for new events, while somebody watches them
  access::DenialRecorder* denials = nullptr;  // told of each refusal; null: nobody is

  Services(status::Board& its_board, requests::Control& its_control, ports::Store& its_store,
           runtime::Metrics& its_metrics, const access::Gate& its_gate, std::vector<std::string> its_names,
           Duration its_bookmark, Duration its_event_check)
      : board(its_board),
        control(its_control),
        store(its_store),
        metrics(its_metrics),
        gate(its_gate),
        names(std::move(its_names)),
        changes(its_board),
        list(its_board),
        pages(its_board),
        lines(list),
        logs(its_control, its_store),
        events(its_store),
        bookmark(its_bookmark),
        event_check(its_event_check) {}

  [[nodiscard]] Turns& turns(const Request& request) {
    return request.local_address.empty() ? turns_over_unix : turns_over_tcp;
  }
  [[nodiscard]] Turns& log_turns(const Request& request) {
    return request.local_address.empty() ? logs_over_unix : logs_over_tcp;
  }
};

}  // namespace teal::api
