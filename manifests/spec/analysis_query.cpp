#include "manifests/spec/analysis_query.hpp"

#include <algorithm>

namespace teal::spec {
namespace {

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// The word after a "$".
std::string_view word_at(std::string_view text) {
  return {text.begin(), std::find_if_not(text.begin(), text.end(), is_word)};
}

}  // namespace

std::string fill_placeholders(std::string_view query, int revision, std::string_view version,
                              std::string_view application) {
  std::string filled;
  for (std::size_t i = 0; i < query.size(); ++i) {
    const auto word = query[i] == '$' ? word_at(query.substr(i + 1)) : std::string_view{};
    if (word == "revision") {
      filled += std::to_string(revision);
    } else if (word == "version") {
      filled += version;
    } else if (word == "application") {
      filled += application;
    } else {
      filled += query[i];
      continue;
    }
    i += word.size();
  }
  return filled;
}

bool tells_revisions_apart(std::string_view query) {
  return fill_placeholders(query, 1, "1", "") != fill_placeholders(query, 2, "2", "");
}

}  // namespace teal::spec
