#include "controllers/admission/manifest.hpp"

#include <fmt/format.h>

#include <vector>

#include "manifests/parse/parse.hpp"

namespace teal::admission {
namespace {

std::string first_lines(const std::vector<spec::Diagnostic>& diagnostics) {
  constexpr std::size_t shown = 5;
  std::string text;
  for (std::size_t i = 0; i < diagnostics.size() && i < shown; ++i) {
    if (i > 0) text += "; ";
    text += to_string(diagnostics[i]);
  }
  if (diagnostics.size() > shown) text += fmt::format("; and {} more", diagnostics.size() - shown);
  return text;
}

}  // namespace

Manifest understood(const ManifestState& file, const rules::Places* places) {
  Manifest manifest;
  manifest.path = file.path;
  manifest.exists = file.exists;
  if (!file.exists) return manifest;
  if (!file.problem.empty()) {
    manifest.problem = fmt::format("{}: {}", file.path, file.problem);
    return manifest;
  }
  auto parsed = yaml::parse_manifest(file.text, file.path, places);
  manifest.application = std::move(parsed.application);
  if (!manifest.application) manifest.problem = first_lines(parsed.diagnostics);
  return manifest;
}

}  // namespace teal::admission
