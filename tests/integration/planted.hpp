// Unmistakable secrets, and the search for them in whatever teald and teal say (promise C2).
#pragma once

#include <string>
#include <vector>

namespace teal::test {

// What all of them begin with: tests/run looks for it in the output of the whole run.
inline constexpr const char* planted_prefix = "pl4nted";

class Planted {
 public:
  // Below `folder`, which must not be one that is searched; and as a variable of this process, which teald inherits.
  explicit Planted(std::string folder);

  // Lines of a manifest, two spaces deep: envFiles, or nothing when `env_file` alone is wanted …
  [[nodiscard]] std::string env_files(const std::string& env_file) const;
  // … and what stands below spec.env and below a job's credentials, a secret of each kind.
  [[nodiscard]] std::string env(const std::string& indent) const;
  [[nodiscard]] std::string credentials(const std::string& indent) const;

  // One more secret, to be searched for as well: what else a test gives to teald.
  void add(const std::string& value);

  // "where: which" for each of them that stands there, as it is or as base64.
  [[nodiscard]] std::vector<std::string> found_in(const std::string& where, const std::string& text) const;
  // Of every file below a folder.
  [[nodiscard]] std::vector<std::string> found_below(const std::string& folder) const;

  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  std::string file(const std::string& name, const std::string& text) const;

  std::string folder_;
  std::vector<std::string> values_;
};

}  // namespace teal::test
