#include "cli/manifest_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <ostream>

#include "manifests/validate/supported.hpp"

namespace teal::cli {
namespace {

// More than the parser takes, so that it is the parser who says that a file is too large.
constexpr std::size_t most_to_read = 8U << 20U;

std::string read_some(std::istream& in) {
  std::string text;
  std::string piece(1U << 16U, '\0');
  while (text.size() <= most_to_read && (in.read(piece.data(), std::streamsize(piece.size())) || in.gcount() > 0)) {
    text.append(piece, 0, std::size_t(in.gcount()));
  }
  return text;
}

Error unreadable(const std::string& path, std::string_view why) {
  return {ErrorCode::invalid, fmt::format("cannot read {}: {}", path, why)};
}

Result<std::vector<std::string>> expand(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failed;
  if (path == "-" || !fs::is_directory(path, failed)) return std::vector{path};
  std::vector<std::string> found;
  for (fs::directory_iterator it{path, failed}, end; !failed && it != end; it.increment(failed)) {
    if (it->path().extension() == ".yaml") found.push_back(it->path().string());
  }
  if (failed) return unreadable(path, failed.message());
  if (found.empty()) return unreadable(path, "the directory holds no *.yaml");
  std::ranges::sort(found);
  return found;
}

Result<ManifestFile> read_one(const std::string& path, std::istream& in) {
  ManifestFile file;
  if (path == "-") {
    file.file = "<stdin>";
    file.text = read_some(in);
  } else {
    file.file = path;
    errno = 0;
    std::ifstream from{path, std::ios::binary};
    if (!from) return unreadable(path, std::strerror(errno));
    file.text = read_some(from);
    if (from.bad()) return unreadable(path, std::strerror(errno));
  }
  // Whatever was named by mistake, its content is for nobody's terminal or pipeline log.
  file.parsed = yaml::parse_manifest(file.text, file.file);
  if (file.parsed.application) file.unsupported = rules::unsupported_features(*file.parsed.application);
  return file;
}

}  // namespace

Result<std::vector<ManifestFile>> read_manifests(const std::vector<std::string>& paths, std::istream& in) {
  std::vector<ManifestFile> files;
  for (const auto& path : paths) {
    const auto expanded = expand(path);
    if (!expanded) return expanded.error();
    for (const auto& each : *expanded) {
      const auto known = [&](const ManifestFile& file) { return file.file == (each == "-" ? "<stdin>" : each); };
      if (std::ranges::any_of(files, known)) continue;
      auto file = read_one(each, in);
      if (!file) return file.error();
      files.push_back(std::move(*file));
    }
  }
  return files;
}

void report_advice(const Context& context, const std::vector<ManifestFile>& files) {
  for (const auto& file : files) {
    for (const auto& advice : file.parsed.advice) context.err << context.screen.text(to_string(advice)) << '\n';
  }
}

bool report_diagnostics(const Context& context, const std::vector<ManifestFile>& files) {
  bool good = true;
  for (const auto& file : files) {
    for (const auto& diagnostic : file.parsed.diagnostics) {
      context.err << context.screen.text(to_string(diagnostic)) << '\n';
      good = false;
    }
    for (const auto& feature : file.unsupported) {
      context.err << context.screen.text(
                         fmt::format("{}: accepted, but this release refuses to roll it out: {}", file.file, feature))
                  << '\n';
    }
  }
  return good;
}

}  // namespace teal::cli
