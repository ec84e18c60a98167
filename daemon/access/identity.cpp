#include "daemon/access/identity.hpp"

#include <algorithm>

namespace teal::access {
namespace {

// `*` stands for any characters. Names of applications hold none.
bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  auto star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

bool Identity::sees(std::string_view application) const {
  return sees_all() ||
         std::ranges::any_of(applications, [&](const std::string& pattern) { return fits(pattern, application); });
}

}  // namespace teal::access
