// The verdict on one health check response, and its wording for operators.
#pragma once

#include <string>

#include "daemon/http/http_client.hpp"
#include "manifests/spec/application.hpp"

namespace teal::daemon {

// How much of an answer's body a check needs, now that its status is known: all of it where `expect.json` asks for
// something in it (up to 1 MiB), its beginning where it has to say what is wrong, else nothing.
[[nodiscard]] std::size_t bytes_needed(const spec::HealthCheck& check, int status);

struct HealthVerdict {
  bool healthy = false;
  // Short, one line, valid UTF-8 without control characters: "200", "503: database unreachable" (the application's own
  // first line, whatever the status), "301: redirects to /login, and redirects are not followed", "connection refused",
  // "200, but /status is \"starting\" (expected \"ok\")", "no answer within 1s".
  std::string answer;
  std::string body;                // when not healthy: its beginning, as `head_of` shows it
  bool wants_credentials = false;  // 401 or 403
  bool is_answered = false;        // by HTTP, whatever it said
  bool nobody_there = false;       // no connection, or it broke: nothing was answered, however long one waited
};

// `endpoint` is the one that was asked.
[[nodiscard]] HealthVerdict judge(const spec::HealthCheck& check, const http::Endpoint& endpoint,
                                  const Result<http::Response>& response);

// At most 120 characters of untrusted text on one line: white space as single spaces, control characters and those
// that turn the direction of writing left out, invalid bytes as "?".
[[nodiscard]] std::string one_line(std::string_view text);

// The first lines of untrusted text, at most 20 of at most 120 characters each, in the same way; joined by newlines.
[[nodiscard]] std::string head_of(std::string_view text);

}  // namespace teal::daemon
