// What handlers work with.
#pragma once

#include "controllers/board.hpp"
#include "controllers/control.hpp"
#include "controllers/ports/store.hpp"
#include "daemon/access/denial_recorder.hpp"
#include "daemon/api/change_lines.hpp"
#include "daemon/api/change_log.hpp"
#include "daemon/runtime/metrics.hpp"
#include "manifests/time.hpp"

namespace teal::api {

struct Services {
  Board& board;
  Control& control;
  Store& store;
  Metrics& metrics;
  ChangeLog changes;
  ChangeLines lines;
  Duration bookmark;     // between two BOOKMARK lines of a watch
  Duration event_check;  // between two looks for new events, while somebody watches them
  access::DenialRecorder* denials = nullptr;  // told of each refusal; null: nobody is

  Services(Board& its_board, Control& its_control, Store& its_store, Metrics& its_metrics, Duration its_bookmark,
           Duration its_event_check)
      : board(its_board),
        control(its_control),
        store(its_store),
        metrics(its_metrics),
        changes(its_board),
        bookmark(its_bookmark),
        event_check(its_event_check) {}
};

}  // namespace teal::api
