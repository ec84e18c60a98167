#include "manifests/spec/diagnostic.hpp"

#include <fmt/format.h>

namespace teal::spec {

std::string to_string(const Diagnostic& diagnostic) {
  const auto place = fmt::format("{}:{}:{}: ", diagnostic.file, diagnostic.line, diagnostic.column);
  if (diagnostic.path.empty()) return place + diagnostic.message;
  return fmt::format("{}{}: {}", place, diagnostic.path, diagnostic.message);
}

std::string to_string(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += to_string(diagnostic);
  }
  return text;
}

}  // namespace teal::spec
