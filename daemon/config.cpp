#include "daemon/config.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "daemon/config_read.hpp"
#include "manifests/parse/tree.hpp"

namespace teal {

ParsedConfig parse_config(std::string_view text, std::string_view file) {
  yaml::Report report{file};
  ParsedConfig parsed;
  parsed.config = read_config(text, report);
  parsed.diagnostics = report.take();
  if (!parsed.diagnostics.empty()) parsed.config.reset();
  return parsed;
}

Result<DaemonConfig> load_config(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return Error{ErrorCode::invalid,
                 fmt::format("{}: is a folder; expected a file of kind: DaemonConfig", file.string())};
  }
  errno = 0;
  std::ifstream stream{file, std::ios::binary};
  if (!stream) {
    const auto code = errno == EACCES ? ErrorCode::denied : ErrorCode::not_found;
    return Error{code, fmt::format("{}: cannot be read: {}", file.string(), std::strerror(errno))};
  }
  std::string text(yaml::largest_text + 1,
                   '\0');  // one more than is allowed, so that the parser sees that it is too long
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(stream.gcount()));
  auto parsed = parse_config(text, file.string());
  if (!parsed.config) return Error{ErrorCode::invalid, to_string(parsed.diagnostics)};
  return std::move(*parsed.config);
}

std::vector<std::string> unsupported_features(const DaemonConfig& config) {
  std::vector<std::string> sentences;
  const auto note = [&](bool used, std::string_view path, std::string_view instead) {
    if (used) sentences.push_back(fmt::format("{}: not supported yet: {}", path, instead));
  };
  note(config.store.postgres.has_value(), "store.postgres", "use store: {sqlite: /var/lib/teal/teal.db}");
  return sentences;
}

}  // namespace teal
