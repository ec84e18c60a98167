// Lists a page at a time, with Kubernetes' `limit` and `continue`: all pages of one list show what was there when its
// first page was asked for, so that nothing is missed or told twice whatever changes meanwhile.
//
// Only the newest lists are remembered, as shared views. Whoever is further behind is told to begin again (410).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "controllers/status/board.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::api {

using SharedViews = std::shared_ptr<const std::vector<status::SharedView>>;

// All applications at one version of the board, and from which of them on.
struct ListPlace {
  std::uint64_t version = 0;
  SharedViews views;      // by name
  std::size_t first = 0;  // in them
};

class ListPages {
 public:
  // The board outlives it.
  explicit ListPages(const status::Board& board) : board_(board) {}

  // The beginning of the list as it is now.
  [[nodiscard]] ListPlace begin();
  // Where a page ended. Errors: invalid, when it is no token of ours; not_found, when that list is forgotten.
  [[nodiscard]] Result<ListPlace> at(std::string_view token) const;
  // What leads from a place to what comes after the application of this name.
  [[nodiscard]] static std::string token(std::uint64_t version, std::string_view last);

 private:
  const status::Board& board_;
  std::deque<ListPlace> newest_;
};

// What a list is followed by.
struct MoreToCome {
  std::string token;                      // for `continue`; empty: nothing
  std::optional<std::int64_t> remaining;  // how many, where that is known
};

}  // namespace teal::api
