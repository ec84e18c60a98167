// Query parameters with types.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/api/message.hpp"
#include "daemon/api/services.hpp"
#include "manifests/foundation/result.hpp"

namespace teal::api {

// Unset when the parameter is not there. Errors: invalid, naming it.
[[nodiscard]] Result<std::optional<std::uint64_t>> number_parameter(const Request& request, const std::string& name,
                                                                    std::uint64_t most);
// "true", "1", "false", "0"; false when it is not there.
[[nodiscard]] Result<bool> flag_parameter(const Request& request, const std::string& name);
// "All"; false when it is not there.
[[nodiscard]] Result<bool> dry_run_parameter(const Request& request);
// Nothing, or the empty JSON object that clients with nothing to say send.
[[nodiscard]] bool is_empty_body(const Request& request);
[[nodiscard]] std::string text_parameter(const Request& request, const std::string& name);

// Of which applications a list is wanted: the one that `application` names; all of them, as one empty name; or one by
// one those that an identity which is limited sees.
[[nodiscard]] std::vector<std::string> asked_applications(const Services& services, const Request& request);

// What every list that can be watched takes.
struct WatchParameters {
  bool watch = false;
  std::optional<std::uint64_t> resource_version;
  std::optional<std::uint64_t> timeout_seconds;
  bool bookmarks = false;        // BOOKMARK lines are wanted
  bool begins_with_all = false;  // what is there comes first
  bool ends_beginning = false;   // a bookmark of its own says where that ends (sendInitialEvents)
  bool is_exact = false;         // of a list: of just that version
};
[[nodiscard]] Result<WatchParameters> watch_parameters(const Request& request);

}  // namespace teal::api
