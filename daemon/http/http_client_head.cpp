#include "daemon/http/http_client_head.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "manifests/foundation/text.hpp"

namespace teal::http {
namespace {

constexpr std::string_view blanks = " \t";

std::string in_lower_case(std::string_view text) {
  std::string lower{text};
  std::ranges::transform(lower, lower.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
  return lower;
}

std::string_view stripped(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text.substr(0, text.find_last_not_of(blanks) + 1);
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  auto line = rest.substr(0, end);
  rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::size_t leading_digits(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

// "HTTP/1.1 200 OK", "http/1.0  200", "HTTP/2 204".
std::optional<StraightHead> straight_status(std::string_view line) {
  if (in_lower_case(line.substr(0, 5)) != "http/") return std::nullopt;
  auto rest = line.substr(5);
  const auto version = rest.substr(0, rest.find_first_of(blanks));
  if (version.empty() || version.find_first_not_of("0123456789.") != version.npos) return std::nullopt;
  rest = stripped(rest.substr(version.size()));
  if (leading_digits(rest) != 3) return std::nullopt;
  const auto code = rest.substr(0, 3);
  const int status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  if (status < 100) return std::nullopt;
  return StraightHead{status, fmt::format("HTTP/1.{} {} \r\n", version == "1.0" ? 0 : 1, code)};
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view{"()<>@,;:\\\"/[]?={}"}.find(c) == std::string_view::npos;
  });
}

bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; });
}

bool begins_as_http(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\r\n"), text.size()));
  constexpr std::string_view begin = "http/";
  return begin.starts_with(in_lower_case(text.substr(0, begin.size())));
}

std::optional<std::size_t> head_end(std::string_view text) {
  auto rest = text;
  bool begun = false;  // an empty line before the first one says nothing
  while (rest.find('\n') != rest.npos) {
    const bool empty = take_line(rest).empty();
    if (empty && begun) return text.size() - rest.size();
    begun = begun || !empty;
  }
  return std::nullopt;
}

std::optional<StraightHead> straightened(std::string_view head) {
  std::string_view line;
  while (line.empty() && !head.empty()) line = take_line(head);
  auto straight = straight_status(line);
  if (!straight) return std::nullopt;
  std::string_view length;
  bool chunked = false;
  while (!head.empty()) {
    line = take_line(head);
    const auto colon = line.find(':');
    if (colon == line.npos) continue;
    const auto name = line.substr(0, line.find_last_not_of(blanks, colon - 1) + 1).substr(0, colon);
    const auto value = stripped(line.substr(colon + 1));
    if (!is_token(name) || !is_field_value(value)) continue;
    const auto known = in_lower_case(name);
    if (known == "content-length") {
      if (length.empty() && !value.empty() && value.size() < 19 && leading_digits(value) == value.size())
        length = value;
    } else if (known == "transfer-encoding") {
      chunked = chunked || in_lower_case(value) == "chunked";
    } else {
      straight->text += fmt::format("{}: {}\r\n", name, value);
    }
  }
  if (chunked) straight->text += "Transfer-Encoding: chunked\r\n";
  if (!chunked && !length.empty()) straight->text += fmt::format("Content-Length: {}\r\n", length);
  straight->text += "\r\n";
  return straight;
}

}  // namespace teal::http
