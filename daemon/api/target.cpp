#include "daemon/api/target.hpp"

#include <fmt/format.h>

#include <optional>

#include "manifests/foundation/text.hpp"

namespace teal::api {
namespace {

std::optional<unsigned> hex(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  return std::nullopt;
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char byte = text[i];
    if (byte == '%') {
      const auto high = i + 2 < text.size() ? hex(text[i + 1]) : std::nullopt;
      const auto low = i + 2 < text.size() ? hex(text[i + 2]) : std::nullopt;
      if (!high || !low) return Error{ErrorCode::invalid, "the address holds a broken percent-encoding"};
      byte = static_cast<char>(*high * 16 + *low);
      i += 2;
    } else if (plus_is_space && byte == '+') {
      byte = ' ';
    }
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) {
      return Error{ErrorCode::invalid, "the address holds a control character"};
    }
    out += byte;
  }
  if (!is_utf8(out)) return Error{ErrorCode::invalid, "the address is not valid UTF-8"};
  return out;
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target[0] != '/') {
    return Error{ErrorCode::invalid, "the target of a request is a path, as in GET /healthz: this is no proxy"};
  }
  Target parsed;
  const auto mark = target.find('?');
  std::string_view path = target.substr(1, mark == std::string_view::npos ? mark : mark - 1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    const auto segment = decode(path.substr(0, slash), false);
    if (!segment) return segment.error();
    parsed.segments.push_back(*segment);
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
    if (path.empty()) parsed.segments.emplace_back();  // a trailing slash
  }
  std::string_view query = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto key = decode(pair.substr(0, equals), true);
    const auto value = decode(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!key) return key.error();
    if (!value) return value.error();
    if (!parsed.query.emplace(*key, *value).second) {
      return Error{ErrorCode::invalid, fmt::format("the query parameter {} is given twice", *key)};
    }
  }
  return parsed;
}

}  // namespace teal::api
