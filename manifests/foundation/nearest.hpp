// Suggestions for a mistyped word.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace teal {

// "; did you mean status?", of the candidates that differ least: by two letters at most, two that changed places
// counting as one, and by fewer than half of them; empty when none is near.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace teal
