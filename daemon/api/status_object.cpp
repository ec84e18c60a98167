#include "daemon/api/status_object.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "manifests/json_text.hpp"

namespace teal::api {
namespace {

namespace json = boost::json;

json::object status_object(std::string_view status, std::string_view message, int code) {
  json::object out;
  out["kind"] = "Status";
  out["apiVersion"] = "v1";
  out["metadata"] = json::object{};
  out["status"] = status;
  out["message"] = message;
  out["code"] = code;
  return out;
}

Response answer(int code, const json::object& body) {
  Response response;
  response.status = code;
  response.body = json_text(body) + "\n";
  return response;
}

json::object failed(int code, std::string_view reason, std::string_view message) {
  auto out = status_object("Failure", message, code);
  out["reason"] = reason;
  return out;
}

}  // namespace

Response failure(int code, std::string_view reason, std::string_view message) {
  return answer(code, failed(code, reason, message));
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

Response failure(const std::vector<Diagnostic>& diagnostics) {
  bool is_readable = true;
  json::array causes;
  for (const auto& diagnostic : diagnostics) {
    if (diagnostic.path.empty()) is_readable = false;
    json::object cause;
    cause["reason"] = "FieldValueInvalid";
    cause["field"] = diagnostic.path;
    cause["message"] = diagnostic.message;
    cause["line"] = diagnostic.line;
    cause["column"] = diagnostic.column;
    causes.push_back(std::move(cause));
  }
  const int code = is_readable ? 422 : 400;
  auto body = failed(code, is_readable ? "Invalid" : "BadRequest", to_string(diagnostics));
  json::object details;
  details["kind"] = "Application";
  details["causes"] = std::move(causes);
  body["details"] = std::move(details);
  return answer(code, body);
}

Response come_again(int code, std::string_view message) {
  auto response = failure(code, code == 429 ? "TooManyRequests" : "ServiceUnavailable", message);
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

Response success(std::string_view message) { return answer(200, status_object("Success", message, 200)); }
Response bad_request(std::string_view message) { return failure(400, "BadRequest", message); }
Response not_found(std::string_view message) { return failure(404, "NotFound", message); }

}  // namespace teal::api
