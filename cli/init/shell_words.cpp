#include "cli/init/shell_words.hpp"

namespace teal::cli {

Result<std::vector<std::string>> shell_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool is_open = false;  // a word has begun, even an empty one
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (quote == 0 && is_blank) {
      if (is_open) words.push_back(std::move(word));
      word.clear();
      is_open = false;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      is_open = true;
    } else if (quote != 0 && c == quote) {
      quote = 0;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size() &&
               (quote == 0 || text[i + 1] == '"' || text[i + 1] == '\\')) {
      word += text[++i];
      is_open = true;
    } else {
      word += c;
      is_open = true;
    }
  }
  if (quote != 0) return Error{ErrorCode::invalid, "a quote is never closed"};
  if (is_open) words.push_back(std::move(word));
  return words;
}

}  // namespace teal::cli
