// Errors and confirmations as Kubernetes `Status` objects.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/api/message.hpp"
#include "manifests/api/confirmation.hpp"
#include "manifests/foundation/error.hpp"
#include "manifests/spec/diagnostic.hpp"

namespace teal::api {

// `code` is the HTTP status, `reason` in CamelCase.
[[nodiscard]] Response failure(int code, std::string_view reason, std::string_view message);
// 404 NotFound, 409 Conflict, 422 Invalid, 403 Forbidden, 503 ServiceUnavailable, 504 Timeout, 500 InternalError.
[[nodiscard]] Response failure(const Error& error);
// 422 with each diagnostic as a cause; 400 when the text as a whole cannot be read.
[[nodiscard]] Response failure(const std::vector<spec::Diagnostic>& diagnostics);
// The same, of one object.
struct Named {
  std::string group;
  std::string kind;  // or the plural name of its resource, as Kubernetes does
  std::string name;
  std::string uid{};
};
[[nodiscard]] Response failure(int code, std::string_view reason, std::string_view message, Named about);
[[nodiscard]] Response failure(const std::vector<spec::Diagnostic>& diagnostics, Named about);
[[nodiscard]] Response no_such(Named about, std::string_view message);
[[nodiscard]] Response success(std::string_view message, Named about);
// 409 Conflict with each field that somebody else manages as a cause.
[[nodiscard]] Response conflict(std::string_view message, std::vector<objects::CauseObject> causes, Named about);
// 429 TooManyRequests or 503 ServiceUnavailable, with Retry-After: it may go better in some seconds.
[[nodiscard]] Response retry_later_response(int code, std::string_view message);
[[nodiscard]] Response success(std::string_view message);

// The value of a `Warning` header.
[[nodiscard]] std::string warning_text(std::string_view message);

[[nodiscard]] Response bad_request(std::string_view message);
[[nodiscard]] Response not_found(std::string_view message);

}  // namespace teal::api
