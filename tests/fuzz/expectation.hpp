// What must hold for any input: a fuzzer that finds a counterexample stops there and keeps the input.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace teal::fuzz {

inline void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

// Fit to be shown to people in one line: printable, or at least no control characters.
inline bool is_one_line(std::string_view text) {
  for (const char c : text) {
    if ((c >= 0 && c < 0x20) || c == 0x7f) return false;
  }
  return true;
}

}  // namespace teal::fuzz
