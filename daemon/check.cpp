#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "controllers/rollout/analyse.hpp"
#include "daemon/app.hpp"
#include "manifests/parse.hpp"
#include "manifests/supported.hpp"

namespace teal {
namespace {

constexpr std::size_t most_bytes = (1 << 20) + 1;  // one more than the parser allows, so that it says so

std::vector<std::filesystem::path> manifest_files(const std::string& folder, std::error_code& error) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    const auto extension = entry.path().extension();
    const bool hidden = entry.path().filename().string().starts_with('.');
    if (!hidden && (extension == ".yaml" || extension == ".yml")) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

bool check_file(const std::filesystem::path& path, const DaemonConfig& config) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    fmt::print("{}: is not a regular file\n", path.string());
    return false;
  }
  std::ifstream stream{path, std::ios::binary};
  if (!stream) {
    fmt::print("{}: cannot be read\n", path.string());
    return false;
  }
  std::string text(most_bytes, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  const auto parsed = parse_application(text, path.string());
  for (const auto& diagnostic : parsed.diagnostics) fmt::print("{}\n", to_string(diagnostic));
  if (!parsed.application) return false;
  auto unsupported = unsupported_features(*parsed.application);
  if (!parsed.application->spec.rollout.analysis.empty() && !config.prometheus)
    unsupported.emplace_back(needs_prometheus);
  for (const auto& sentence : unsupported) fmt::print("{}: {}\n", path.string(), sentence);
  if (unsupported.empty()) {
    fmt::print("{}: application {} version {}: ok\n", path.string(), parsed.application->name,
               parsed.application->spec.version);
  }
  return unsupported.empty();
}

}  // namespace

int check_manifests(const DaemonConfig& config) {
  bool well = true;
  for (const auto& sentence : unsupported_features(config)) {
    fmt::print("{}\n", sentence);
    well = false;
  }
  std::error_code error;
  const auto files = manifest_files(config.manifests, error);
  if (error) {
    fmt::print("manifests: {}: {}\n", config.manifests, error.message());
    return 2;
  }
  for (const auto& file : files) well = check_file(file, config) && well;
  fmt::print("{} manifests in {}: {}\n", files.size(), config.manifests, well ? "all well" : "see above");
  return well ? 0 : 2;
}

}  // namespace teal
