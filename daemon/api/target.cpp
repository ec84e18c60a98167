#include "daemon/api/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <utility>

#include "manifests/foundation/percent.hpp"
#include "manifests/foundation/text.hpp"
#include "manifests/spec/text_rules.hpp"

namespace teal::api {
namespace {

Result<std::string> decode(std::string_view text, PlusMeans plus) {
  auto out = percent_decode(text, plus);
  if (!out) return Error{ErrorCode::invalid, "the address holds a broken percent-encoding"};
  if (spec::has_control_character(*out)) return Error{ErrorCode::invalid, "the address holds a control character"};
  if (!is_utf8(*out)) return Error{ErrorCode::invalid, "the address is not valid UTF-8"};
  return std::move(*out);
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (target.empty() || target[0] != '/') {
    return Error{ErrorCode::invalid, "the target of a request is a path, as in GET /healthz: this is no proxy"};
  }
  Target parsed;
  const auto mark = std::min(target.find('?'), target.size());
  // Not Boost.URL's segments, which pass over a "/." at the front.
  for (const auto part : std::views::split(target.substr(1, mark - 1), '/')) {
    const auto segment = decode({part.begin(), part.end()}, PlusMeans::Plus);
    if (!segment) return segment.error();
    parsed.segments.push_back(*segment);
  }
  for (const auto part : std::views::split(target.substr(std::min(mark + 1, target.size())), '&')) {
    const std::string_view pair{part.begin(), part.end()};
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto key = decode(pair.substr(0, equals), PlusMeans::Space);
    const auto value = decode(pair.substr(std::min(equals + 1, pair.size())), PlusMeans::Space);
    if (!key) return key.error();
    if (!value) return value.error();
    if (!parsed.query.emplace(*key, *value).second) {
      return Error{ErrorCode::invalid, fmt::format("the query parameter {} is given twice", *key)};
    }
  }
  return parsed;
}

}  // namespace teal::api
