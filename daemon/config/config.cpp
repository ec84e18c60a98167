#include "daemon/config/config.hpp"

#include <fmt/format.h>

#include "daemon/config/read_config.hpp"
#include "daemon/runtime/trusted_path.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/parse/tree.hpp"

namespace teal::config {

ParsedConfig parse_config(std::string_view text, std::string_view file, const drivers::Drivers& drivers) {
  yaml::Report report{file};
  ParsedConfig parsed;
  parsed.config = read_config(text, report, drivers);
  parsed.diagnostics = report.take();
  if (!parsed.diagnostics.empty()) parsed.config.reset();
  return parsed;
}

Result<DaemonConfig> load_config(const std::filesystem::path& file, const drivers::Drivers& drivers) {
  const auto path = printable_path(file.string());
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) {
    return Error{ErrorCode::invalid, fmt::format("{}: is a folder; expected a file of kind: DaemonConfig", path)};
  }
  const auto opened = runtime::open_trusted(file.string(), runtime::PathKind::File);
  if (!opened) {
    const bool denied = opened.error().code == ErrorCode::denied;  // says by itself what it wants
    return within(denied ? path : path + ": cannot be read", opened.error());
  }
  // One more than is allowed, so that the parser sees that it is too long.
  const auto text = runtime::read_text(opened->number(), yaml::largest_text + 1);
  if (!text) return within(path + ": cannot be read", text.error());
  auto parsed = parse_config(*text, path, drivers);
  if (!parsed.config) return Error{ErrorCode::invalid, to_string(parsed.diagnostics)};
  return std::move(*parsed.config);
}

}  // namespace teal::config
