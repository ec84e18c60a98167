#include "cli/manifest_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <ostream>
#include <span>

#include "manifests/parse/manifest_name.hpp"
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
    if (yaml::is_manifest_name(it->path().filename().string())) found.push_back(it->path().string());
  }
  if (failed) return unreadable(path, failed.message());
  if (found.empty()) return unreadable(path, "the directory holds no *.yaml or *.yml");
  std::ranges::sort(found);
  return found;
}

Result<ManifestFile> read_one(const std::string& path, std::istream& in, const rules::Places* places) {
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
  file.parsed = yaml::parse_manifest(file.text, file.file, places);
  if (file.parsed.application) file.unsupported = rules::unsupported_features(*file.parsed.application);
  return file;
}

// As teald does with the files of its directory: a copy beside the original (`shop (1).yaml`, a synchronisation's
// conflict) is not a second application.
void refuse_second_files(std::span<ManifestFile> of_one_directory) {
  std::map<std::string, std::string> files;
  for (auto& file : of_one_directory) {
    if (!file.parsed.application) continue;
    const auto [first, is_first] = files.try_emplace(file.parsed.application->name, file.file);
    if (is_first) continue;
    spec::Diagnostic problem;
    problem.file = file.file;
    problem.path = "metadata.name";
    problem.message = fmt::format(
        "application {} is in {} too, and teald takes only one of them: remove one, or name it "
        "so that it does not end in .yaml or .yml",
        first->first, first->second);
    file.parsed.diagnostics.push_back(std::move(problem));
    file.parsed.application.reset();
  }
}

}  // namespace

Result<std::vector<ManifestFile>> read_manifests(const std::vector<std::string>& paths, std::istream& in,
                                                 const rules::Places* places) {
  std::vector<ManifestFile> files;
  for (const auto& path : paths) {
    const auto expanded = expand(path);
    if (!expanded) return expanded.error();
    const auto before = files.size();
    for (const auto& each : *expanded) {
      const auto known = [&](const ManifestFile& file) { return file.file == (each == "-" ? "<stdin>" : each); };
      if (std::ranges::any_of(files, known)) continue;
      auto file = read_one(each, in, places);
      if (!file) return file.error();
      files.push_back(std::move(*file));
    }
    refuse_second_files(std::span{files}.subspan(before));
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
