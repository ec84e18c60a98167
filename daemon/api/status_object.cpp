#include "daemon/api/status_object.hpp"

#include "manifests/api/confirmation.hpp"
#include "manifests/wire/encode.hpp"
#include "manifests/wire/json_text.hpp"

namespace teal::api {
namespace {

objects::StatusObject status_object(std::string_view status, std::string_view message, int code) {
  objects::StatusObject out;
  out.status = status;
  out.message = message;
  out.code = code;
  return out;
}

objects::StatusObject failed(int code, std::string_view reason, std::string_view message) {
  auto out = status_object("Failure", message, code);
  out.reason = reason;
  return out;
}

Response answer(const objects::StatusObject& status) {
  Response response;
  response.status = status.code;
  response.body = wire::json_text(wire::encode(status)) + "\n";
  return response;
}

}  // namespace

Response failure(int code, std::string_view reason, std::string_view message) {
  return answer(failed(code, reason, message));
}

Response failure(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found:
      return failure(404, "NotFound", error.message);
    case ErrorCode::conflict:
      return failure(409, "Conflict", error.message);
    case ErrorCode::invalid:
      return failure(422, "Invalid", error.message);
    case ErrorCode::denied:
      return failure(403, "Forbidden", error.message);
    case ErrorCode::unavailable:
    case ErrorCode::unhealthy:
    case ErrorCode::cancelled:
      return failure(503, "ServiceUnavailable", error.message);
    case ErrorCode::timed_out:
      return failure(504, "Timeout", error.message);
    case ErrorCode::internal:
      return failure(500, "InternalError", error.message);
  }
  return failure(500, "InternalError", error.message);
}

namespace {

objects::StatusObject::Details details_of(Named about) {
  objects::StatusObject::Details details;
  details.name = std::move(about.name);
  details.group = std::move(about.group);
  details.kind = std::move(about.kind);
  details.uid = std::move(about.uid);
  return details;
}

}  // namespace

Response failure(int code, std::string_view reason, std::string_view message, Named about) {
  auto status = failed(code, reason, message);
  status.details = details_of(std::move(about));
  return answer(status);
}

Response no_such(Named about, std::string_view message) { return failure(404, "NotFound", message, std::move(about)); }

Response success(std::string_view message, Named about) {
  auto status = status_object("Success", message, 200);
  status.details = details_of(std::move(about));
  return answer(status);
}

Response conflict(std::string_view message, std::vector<objects::CauseObject> causes, Named about) {
  auto status = failed(409, "Conflict", message);
  status.details = details_of(std::move(about));
  status.details->causes = std::move(causes);
  return answer(status);
}

Response failure(const std::vector<spec::Diagnostic>& diagnostics) {
  return failure(diagnostics, {"", "Application", ""});
}

Response failure(const std::vector<spec::Diagnostic>& diagnostics, Named about) {
  bool is_readable = true;
  auto details = details_of(std::move(about));
  for (const auto& one : diagnostics) {
    if (one.path.empty()) is_readable = false;
    details.causes.push_back({"FieldValueInvalid", one.path, one.message, one.line, one.column});
  }
  auto status = failed(is_readable ? 422 : 400, is_readable ? "Invalid" : "BadRequest", to_string(diagnostics));
  status.details = std::move(details);
  return answer(status);
}

Response retry_later_response(int code, std::string_view message) {
  auto response = failure(code, code == 429 ? "TooManyRequests" : "ServiceUnavailable", message);
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

Response success(std::string_view message) { return answer(status_object("Success", message, 200)); }
std::string warning_text(std::string_view message) {
  std::string text = "299 - \"";
  for (const char c : message) {
    if (c == '"' || c == '\\') text += '\\';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + '"';
}

Response bad_request(std::string_view message) { return failure(400, "BadRequest", message); }
Response not_found(std::string_view message) { return failure(404, "NotFound", message); }

}  // namespace teal::api
