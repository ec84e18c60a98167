// The findings in one file: errors with their positions, and where each key is.
//
// Independent of any YAML library, like all headers of this folder, so that other rooms can read their own documents
// with it.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/spec/diagnostic.hpp"

namespace teal::yaml {

struct Position {
  int line = 1;    // 1-based
  int column = 1;  // 1-based, in characters
  // Of the alias (*name) that brought it to where it counts; 0: it counts where it is written.
  int alias_line = 0;
  int alias_column = 0;

  auto operator<=>(const Position&) const = default;
};

// A text as it may be shown in an error: in double quotes, printable, cut at 60 characters. What follows a '=' in it is
// left out: "PASSWORD=hunter2" is a key that somebody wrote for a value.
[[nodiscard]] std::string in_quotes(std::string_view text);

// "spec" and "image" → "spec.image"; a key that is no plain word is quoted: labels["a.b/c"].
[[nodiscard]] std::string child_path(std::string_view path, std::string_view key);
[[nodiscard]] std::string item_path(std::string_view path, std::size_t index);

class Report {
 public:
  explicit Report(std::string_view file) : file_(file) {}

  // `plain`: the same message for those who may not see the text, where it quotes something of it.
  void add(Position position, std::string path, std::string message, std::string plain = {});
  // The place is that of the path, or of the nearest thing around it that is in the file.
  void add(const std::string& path, std::string message);

  // The same for what is no error.
  void advise(const std::string& path, std::string message);

  void place(const std::string& path, Position position) { positions_.emplace(path, position); }
  [[nodiscard]] bool is_given(const std::string& path) const { return positions_.contains(path); }

  // Whether this path or one around it has an error already: what follows from an error is not worth a second one.
  [[nodiscard]] bool has_error(std::string_view path) const;
  [[nodiscard]] bool empty() const { return diagnostics_.empty(); }

  // A key and its value at the top of the document, as they come: they say what it is, even if the rest cannot be read.
  void found(std::string_view key, std::string_view value);
  // All that says what the document is has been read; what is added from now on is about what stands in it.
  void head_is_read() { head_ = diagnostics_.size(); }

  // The key table as the reader asked for it: "spec.components[]" → {"name", "replicas", …}. Tests hold the schema
  // against it.
  void knows(std::string_view path, std::string_view key);
  [[nodiscard]] const std::map<std::string, std::set<std::string>>& known_keys() const { return known_keys_; }

  // In the order of the file, the first hundred.
  [[nodiscard]] std::vector<spec::Diagnostic> take();
  [[nodiscard]] std::vector<spec::Diagnostic> take_advice();

  // The same for everybody's eyes: of a text that does not say that it is one of ours, of this kind, nothing is shown
  // but places and what was expected there. A link into the manifests may lead to any file of the machine.
  [[nodiscard]] std::vector<spec::Diagnostic> take_for_everybody(std::string_view kind);

 private:
  [[nodiscard]] Position nearest(std::string_view path) const;

  std::string file_;
  std::vector<spec::Diagnostic> diagnostics_;
  std::vector<std::string> plain_;   // of each diagnostic; empty: its message is
  std::optional<std::size_t> head_;  // how many diagnostics are about what the document is; none: all
  std::string api_version_;
  std::string kind_;
  std::vector<spec::Diagnostic> advice_;
  std::map<std::string, Position, std::less<>> positions_;
  std::map<std::string, std::set<std::string>> known_keys_;
};

}  // namespace teal::yaml
