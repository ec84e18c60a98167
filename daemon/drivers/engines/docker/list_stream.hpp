// The engine's list of containers as it comes in: each entry is read once it is whole, and its text is not kept. With
// tens of thousands of them the list is tens of megabytes, which nobody has to hold at once, nor the loop to parse in
// one go.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/drivers/engines/docker/inventory.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::docker {

class ListStream {
 public:
  // Wherever the text is cut. False: it is no such list, as `finish` says; there is no use in more.
  bool feed(std::string_view piece);
  // All that were listed. Errors: unavailable, when what came is not a whole list.
  [[nodiscard]] Result<std::vector<Listed>> finish();

 private:
  enum class Place { Before, InList, After };
  void step(char c);
  bool take_entry();
  bool fail(std::string_view why);

  Place place_ = Place::Before;
  int depth_ = 0;  // of what is open within the list
  bool is_quoted_ = false;
  bool is_escaped_ = false;
  std::size_t size_ = 0;
  std::string entry_;  // as far as it is here
  std::vector<Listed> all_;
  std::optional<Error> failure_;
};

}  // namespace teal::docker
