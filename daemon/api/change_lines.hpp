// Changes of the board as watch events. Each is serialized once, however many clients watch: a thousand watchers must
// not cause a thousand serializations of every step of a rollout.
#pragma once

#include <deque>
#include <string>

#include "controllers/status/board.hpp"
#include "daemon/api/shared_list.hpp"

namespace teal::api {

class ChangeLines {
 public:
  // The list outlives it.
  explicit ChangeLines(SharedList& objects) : objects_(objects) {}
  // {"type": …, "object": …} with a line's end. Good until the next call.
  [[nodiscard]] const std::string& of(const status::Change& change);

 private:
  struct Line {
    status::Change::Type type;
    status::SharedView view;
    std::string text;
  };
  SharedList& objects_;
  std::deque<Line> newest_;  // those who watch are at most some changes apart
};

}  // namespace teal::api
