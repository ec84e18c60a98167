// The engine's list of containers as it comes in: each entry is handed on once it is whole, and its text is not kept.
// With tens of thousands of them the list is tens of megabytes, which nobody has to hold at once, nor the loop to parse
// in one go.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/drivers/engines/docker/inventory.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

class ListStream {
 public:
  explicit ListStream(std::function<void(Listed)> take) : take_(std::move(take)) {}

  // Wherever the text is cut. False: it is no such list, as `finish` says; there is no use in more.
  bool feed(std::string_view piece);
  // Errors: unavailable, when what came is not a whole list.
  [[nodiscard]] Result<void> finish() const;

 private:
  enum class Place { Before, InList, After };
  void step(char c);
  bool take_entry();
  bool fail(std::string_view why);

  std::function<void(Listed)> take_;
  Place place_ = Place::Before;
  int depth_ = 0;  // of what is open within the list
  bool is_quoted_ = false;
  bool is_escaped_ = false;
  std::size_t size_ = 0;
  std::string entry_;  // as far as it is here
  std::optional<Error> failure_;
};

}  // namespace teal::docker
