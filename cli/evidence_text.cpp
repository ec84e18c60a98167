#include "cli/evidence_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::cli {

std::string evidence_text(const objects::ContainerEvidence& container) {
  std::string text;
  if (container.exit_code) {
    text = fmt::format("exited with code {}", *container.exit_code);
    if (container.out_of_memory) text += " (out of memory)";
  } else if (!container.answer.empty()) {
    text = container.answer;
    if (container.failures > 0) text += fmt::format(" ({} failed in a row)", container.failures);
  }
  if (!container.engine_error.empty()) text = container.engine_error;
  if (text.empty()) text = container.state;
  // What is refused inside of a container is often refused for this.
  if (!container.security.empty() && container.security != "no new privileges")
    text += fmt::format(" ({})", container.security);
  return text;
}

std::string evidence_text(const objects::ServerEvidence& server) {
  auto text = fmt::format("{}/{} {} {}", server.load_balancer, server.backend, server.server, server.state);
  if (!server.check.empty()) text += ": " + server.check;
  if (server.sessions) text += fmt::format(", {} session{}", *server.sessions, *server.sessions == 1 ? "" : "s");
  text += fmt::format(", {} error{}", server.errors, server.errors == 1 ? "" : "s");
  return server.removed ? text + ", removed when its replica ended" : text;
}

bool is_failing(const objects::ServerEvidence& server, std::int64_t revision, const objects::Evidence& evidence) {
  if (server.server.find(fmt::format("-r{}-", revision)) == std::string::npos) return false;
  const bool replica_failed =
      std::ranges::any_of(evidence.containers, [&](const objects::ContainerEvidence& container) {
        return container.container == server.server && (container.state != "Running" || container.failures > 0);
      });
  return server.removed || replica_failed || server.state != "Up" || server.errors > 0;
}

}  // namespace teal::cli
