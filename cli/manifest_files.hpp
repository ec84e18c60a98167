// Manifests from files, directories and standard input, parsed here, without a daemon.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "manifests/parse/parse.hpp"

namespace teal::cli {

struct ManifestFile {
  std::string file;  // "<stdin>" for "-"
  std::string text;
  yaml::Parsed parsed;
  std::vector<std::string> unsupported;  // what this release would refuse to roll out
};

// Each file once, in the order given; a directory stands for its *.yaml and *.yml, of which a
// second one for the same application has a diagnostic; "-" stands for `in`. Errors: invalid, naming the file
// that cannot be read and why. Held against `places` as well where they are known.
[[nodiscard]] Result<std::vector<ManifestFile>> read_manifests(const std::vector<std::string>& paths, std::istream& in,
                                                               const rules::Places* places = nullptr);

// Prints on context.err what would be better otherwise.
void report_advice(const Context& context, const std::vector<ManifestFile>& files);

// Prints every diagnostic, and what this release refuses, on context.err. True when there was no diagnostic.
[[nodiscard]] bool report_diagnostics(const Context& context, const std::vector<ManifestFile>& files);

}  // namespace teal::cli
