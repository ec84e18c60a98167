#include "daemon/api/queries.hpp"

#include <fmt/format.h>

#include <charconv>
#include <limits>

namespace teal::api {

Result<std::optional<std::uint64_t>> number_parameter(const Request& request, const std::string& name,
                                                      std::uint64_t most) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::optional<std::uint64_t>{};
  const std::string& text = found->second;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number > most) {
    return Error{ErrorCode::invalid, fmt::format("{} must be a whole number from 0 to {}", name, most)};
  }
  return std::optional(number);
}

Result<bool> flag_parameter(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return false;
  if (found->second == "true" || found->second == "1") return true;
  if (found->second == "false" || found->second == "0") return false;
  return Error{ErrorCode::invalid, fmt::format("{} must be true or false", name)};
}

Result<bool> dry_run_parameter(const Request& request) {
  const auto found = request.query.find("dryRun");
  if (found == request.query.end()) return false;
  if (found->second == "All") return true;
  return Error{ErrorCode::invalid, "dryRun must be All"};
}

std::string text_parameter(const Request& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string{} : found->second;
}

std::vector<std::string> asked_applications(const Services& services, const Request& request) {
  const auto one = text_parameter(request, "application");
  if (!one.empty() || request.identity.sees_all()) return {one};
  std::vector<std::string> seen;
  for (const auto& view : services.board.list()) {
    const auto& name = view->record.application.name;
    if (request.identity.sees(name)) seen.push_back(name);
  }
  return seen;
}

Result<WatchParameters> watch_parameters(const Request& request) {
  const auto watch = flag_parameter(request, "watch");
  if (!watch) return watch.error();
  const auto version = number_parameter(request, "resourceVersion",
                                        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  if (!version) return version.error();
  const auto timeout = number_parameter(request, "timeoutSeconds", 86400 * 7);
  if (!timeout) return timeout.error();
  WatchParameters parameters;
  parameters.watch = *watch;
  parameters.resource_version = *version;
  parameters.timeout_seconds = *timeout;
  return parameters;
}

}  // namespace teal::api
