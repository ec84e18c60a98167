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
  note(config.api.tls.has_value(), "api.tls", "remove it; reading over TCP is open, writing goes over the Unix socket");
  note(config.api.tokens.has_value(), "api.tokens",
       "remove it; reading over TCP is open, writing goes over the Unix socket");
  const auto is_exec = [](const ValueSource& source) { return source.kind == ValueSource::Kind::Exec; };
  note(config.prometheus && config.prometheus->token && is_exec(*config.prometheus->token), "prometheus.token",
       "fromExec: use fromFile or fromEnv");
  for (std::size_t i = 0; i < config.notifications.size(); ++i) {
    const auto& [url, format, secret, on] = config.notifications[i];
    const auto path = fmt::format("notifications[{}].webhook", i);
    note(is_exec(url), path + ".url", "fromExec: use fromFile or fromEnv");
    note(secret && is_exec(*secret), path + ".secret", "fromExec: use fromFile or fromEnv");
  }
  if (config.tracing) {
    for (const auto& [name, source] : config.tracing->headers) {
      note(is_exec(source), "tracing.otlp.headers." + name, "fromExec: use fromFile or fromEnv");
    }
  }
  return sentences;
}

}  // namespace teal
