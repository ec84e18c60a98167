#include "daemon/health_monitor_verdict.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <utility>

#include "manifests/foundation/text.hpp"

namespace teal::daemon {
namespace {

namespace json = boost::json;

constexpr std::size_t most_value_bytes = 40;  // of a JSON value that is shown
constexpr std::size_t most_reason_bytes = 64 << 10;
constexpr std::size_t most_json_bytes = 1 << 20;

bool is_expected(const spec::HealthCheck& check, int status) {
  return status >= check.expected_status.first && status <= check.expected_status.last;
}

std::optional<json::value> parse_json(std::string_view body) {
  boost::system::error_code error;
  auto value = json::parse(body, error);
  if (error) return std::nullopt;
  return value;
}

std::string shown(std::string_view json_text) {
  if (json_text.size() <= most_value_bytes) return std::string{json_text};
  return std::string{first_bytes(json_text, most_value_bytes)} + "…";
}

bool same(const json::value& value, std::string_view canonical) {
  const auto expected = parse_json(canonical);
  if (!expected) return json::serialize(value) == canonical;
  if (value.is_number() && expected->is_number()) return value.to_number<double>() == expected->to_number<double>();
  return value == *expected;
}

// Why the body is not what the check expects; nothing when it is.
std::optional<std::string> unexpected(const spec::HealthCheck& check, const http::Response& response) {
  if (check.expected_json.empty()) return std::nullopt;
  const std::string_view body = response.body;
  if (!response.whole && body.size() > most_json_bytes) {
    return fmt::format("the answer is larger than {} bytes, and expect.json needs all of it", most_json_bytes);
  }
  if (!response.whole)
    return "the answer, all of which expect.json needs, did not end within " + format_duration(check.timeout);
  const auto document = parse_json(body);
  for (const auto& [pointer, expected] : check.expected_json) {
    const auto where = pointer.empty() ? std::string{"the answer"} : pointer;
    if (!document) return fmt::format("the answer is not JSON (expected {} to be {})", where, shown(expected));
    boost::system::error_code error;
    const auto* value = document->find_pointer(pointer, error);
    if (value == nullptr) return fmt::format("{} is missing (expected {})", where, shown(expected));
    if (!same(*value, expected)) {
      return fmt::format("{} is {} (expected {})", where, shown(json::serialize(*value)), shown(expected));
    }
  }
  return std::nullopt;
}

std::optional<std::string> reason_in(const json::value& document, int depth = 0) {
  const auto* object = document.if_object();
  if (object == nullptr) return std::nullopt;
  static constexpr auto fields =
      std::to_array<std::string_view>({"error", "message", "detail", "reason", "title", "status"});
  for (const auto field : fields) {
    const auto* value = object->if_contains(field);
    if (value == nullptr) continue;
    if (const auto* text = value->if_string(); text != nullptr && !text->empty()) return std::string{*text};
    if (depth > 0) continue;
    if (auto nested = reason_in(*value, depth + 1)) return nested;
  }
  return std::nullopt;
}

// Where what begins with `tag` ends, if that is nothing that a browser would show.
std::size_t unseen_until(std::string_view page, std::size_t tag) {
  static constexpr auto unseen = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"<style", "</style>"}, {"<script", "</script>"}, {"<title", "</title>"}, {"<!--", "-->"}});
  for (const auto& [begin, end] : unseen) {
    if (!page.substr(tag).starts_with(begin)) continue;
    const auto found = page.find(end, tag);
    return found == page.npos ? page.size() : found + end.size();
  }
  return tag;
}

// A load balancer's error page, for one: only what a browser would show.
std::string without_tags(std::string_view page) {
  std::string text;
  bool inside = false;
  for (std::size_t i = 0; i < page.size(); ++i) {
    while (i < page.size() && page[i] == '<' && unseen_until(page, i) != i) i = unseen_until(page, i);
    if (i >= page.size()) break;
    const char c = page[i];
    if (c == '<') inside = true;
    if (!inside) text += c;
    if (c == '>' && std::exchange(inside, false)) text += ' ';
  }
  return text;
}

std::string reason_in_body(std::string_view body) {
  if (const auto document = parse_json(body)) {
    if (auto reason = reason_in(*document)) return *reason;
    if (document->is_object() || document->is_array()) return json::serialize(*document);
  }
  const auto begin = body.find_first_not_of(" \t\r\n");
  if (begin == body.npos) return {};
  body.remove_prefix(begin);
  if (body.starts_with('<')) return without_tags(body);
  return std::string{body.substr(0, body.find_first_of("\r\n"))};
}

std::string with_reason(int status, const http::Response& response) {
  if (const auto location = http::find_header(response.headers, "Location"); status / 100 == 3 && !location.empty()) {
    return fmt::format("{}: redirects to {}, and redirects are not followed", status, location);
  }
  const auto reason = one_line(reason_in_body(response.body));
  if (reason.empty() && status == 401) return "401: it wants credentials, which health.headers can give";
  return reason.empty() ? std::to_string(status) : fmt::format("{}: {}", status, reason);
}

std::string failure_text(const spec::HealthCheck& check, const http::Endpoint& endpoint, const Error& error) {
  if (error.code == ErrorCode::timed_out) return "no answer within " + format_duration(check.timeout);
  std::string_view text = error.message;
  const auto drop = [&](const std::string& prefix) {
    if (text.starts_with(prefix)) text.remove_prefix(prefix.size());
  };
  drop("connect to " + http::to_string(endpoint) + ": ");
  drop(http::to_string(endpoint) + ": ");
  auto answer = std::string{text};
  // The system's sentences begin with a capital: "Connection refused".
  if (answer.size() > 1 && answer[0] >= 'A' && answer[0] <= 'Z' && answer[1] >= 'a' && answer[1] <= 'z') {
    answer[0] = static_cast<char>(answer[0] + ('a' - 'A'));
  }
  return answer;
}

}  // namespace

std::size_t bytes_needed(const spec::HealthCheck& check, int status) {
  if (!is_expected(check, status)) return most_reason_bytes;
  return check.expected_json.empty() ? 0 : most_json_bytes + 1;
}

HealthVerdict judge(const spec::HealthCheck& check, const http::Endpoint& endpoint,
                    const Result<http::Response>& response) {
  HealthVerdict verdict;
  if (!response) {
    verdict.answer = one_line(failure_text(check, endpoint, response.error()));
    verdict.nobody_there = response.error().code == ErrorCode::unavailable;
    return verdict;
  }
  const int status = response->status;
  verdict.body = head_of(response->body);
  verdict.wants_credentials = status == 401 || status == 403;
  if (is_expected(check, status)) {
    const auto but = unexpected(check, *response);
    verdict.healthy = !but;
    verdict.answer = but ? one_line(fmt::format("{}, but {}", status, *but)) : std::to_string(status);
    if (verdict.healthy) verdict.body.clear();
  } else {
    verdict.answer = one_line(with_reason(status, *response));
  }
  return verdict;
}

}  // namespace teal::daemon
