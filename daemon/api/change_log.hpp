// What changed on the board since a resource version: the little history that `watch` needs to start from one.
//
// Objects that are still there are their own history; only the newest deletions are remembered.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "controllers/status/board.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::api {

class ChangeLog {
 public:
  // The board outlives it.
  explicit ChangeLog(status::Board& board);
  ChangeLog(const ChangeLog&) = delete;
  ChangeLog& operator=(const ChangeLog&) = delete;

  // By version. Errors: not_found, when `version` is too old or not this teald's: list again.
  [[nodiscard]] Result<std::vector<status::Change>> since(std::uint64_t version) const;

 private:
  void note(const status::Change& change);

  status::Board& board_;
  std::uint64_t floor_;  // deletions before it are forgotten
  std::map<std::string, std::uint64_t> added_at_;
  std::deque<status::SharedView> deleted_;
  status::Board::Subscription subscription_;
};

}  // namespace teal::api
