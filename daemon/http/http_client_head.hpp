// Normalises the head of a malformed HTTP response.
//
// For callers that mainly need the status: accepts "HTTP/1.1 200" without a reason, lines that end in a bare LF, and
// invalid header lines. Headers that define how the body is sent are kept, once; unreadable ones are dropped.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace teal::http {

// What a header may be called: a token of RFC 9110.
[[nodiscard]] bool is_token(std::string_view text);
// Whether a header may have this value: no line break and no other control character but tabs.
[[nodiscard]] bool is_field_value(std::string_view text);

// Whether this may yet become the head of an HTTP answer; whatever its end lacks is still to come.
[[nodiscard]] bool begins_as_http(std::string_view text);
// Where a head ends, its empty line included; nothing while that is missing.
[[nodiscard]] std::optional<std::size_t> head_end(std::string_view text);

struct StraightHead {
  int status = 0;
  std::string text;  // with its empty line
};
// Nothing when its first line is no status line.
[[nodiscard]] std::optional<StraightHead> straightened(std::string_view head);

}  // namespace teal::http
