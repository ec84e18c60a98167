// The new part of a log, when only its end can be read repeatedly.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace teal::api {

class LogFollower {
 public:
  struct News {
    std::string_view text;  // a part of the log
    bool is_after_gap = false;
  };
  // The whole lines that `log` has and the one before had not; with `at_end` the unfinished last one too. A secret that
  // has been printed in part is so never given away, since it is masked only once it is whole. A log that has lost its
  // beginning is recognised by what it had at its end; where nothing is, lines were missed.
  [[nodiscard]] News take(std::string_view log, bool at_end);

 private:
  std::size_t given_ = 0;  // bytes of the log as it was last read
  std::string end_;        // the last of those
};

}  // namespace teal::api
