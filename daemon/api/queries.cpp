#include "daemon/api/queries.hpp"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <limits>

namespace teal::api {

Result<std::optional<std::uint64_t>> number_parameter(const Request& request, const std::string& name,
                                                      std::uint64_t most) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return std::optional<std::uint64_t>{};
  const std::string& text = found->second;
  if (text.empty()) return std::optional<std::uint64_t>{};  // as some clients write what they leave out
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

bool is_empty_body(const Request& request) {
  if (request.content_type != "application/json") return request.body.empty();
  boost::system::error_code error;
  const auto value = boost::json::parse(request.body, error);
  return request.body.empty() || (!error && value.is_object() && value.get_object().empty());
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
  const auto bookmarks = flag_parameter(request, "allowWatchBookmarks");
  if (!bookmarks) return bookmarks.error();
  const auto initial = flag_parameter(request, "sendInitialEvents");
  if (!initial) return initial.error();
  const auto match = text_parameter(request, "resourceVersionMatch");
  if (!match.empty() && match != "NotOlderThan" && match != "Exact") {
    return Error{ErrorCode::invalid, "resourceVersionMatch must be NotOlderThan or Exact"};
  }
  const bool names_initial = request.query.contains("sendInitialEvents");
  if (names_initial && (!*watch || match != "NotOlderThan")) {
    return Error{ErrorCode::invalid, "sendInitialEvents goes with watch=true and resourceVersionMatch=NotOlderThan"};
  }
  WatchParameters parameters;
  parameters.watch = *watch;
  parameters.begins_with_all = names_initial ? *initial : version->value_or(0) == 0;
  parameters.ends_beginning = names_initial && *initial;
  parameters.is_exact = match == "Exact";
  // A stream that nobody has said a version for tells where its beginning ends.
  parameters.bookmarks = request.query.contains("allowWatchBookmarks") ? *bookmarks : !version->has_value();
  parameters.resource_version = *version;
  parameters.timeout_seconds = *timeout;
  return parameters;
}

}  // namespace teal::api
