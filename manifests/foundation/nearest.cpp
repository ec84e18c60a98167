#include "manifests/foundation/nearest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace teal {
namespace {

constexpr std::size_t longest_compared = 64;  // of a word that is looked at

// Insertions, deletions, replacements and swaps of neighbours.
std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        steps[i][j] = i + j;
        continue;
      }
      const bool same = a[i - 1] == b[j - 1];
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, steps[i - 1][j - 1] + (same ? 0U : 1U)});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > longest_compared) return {};
  std::size_t least = std::min<std::size_t>(2, (word.size() - std::min<std::size_t>(word.size(), 1)) / 2);
  std::vector<std::string> near;
  for (const auto& candidate : candidates) {
    if (candidate.size() > longest_compared) continue;
    const auto far = edits_between(word, candidate);
    if (far > least) continue;
    if (far < least) near.clear();
    least = far;
    near.push_back(candidate);
  }
  return near.empty() ? std::string{} : fmt::format("; did you mean {}?", fmt::join(near, " or "));
}

}  // namespace teal
