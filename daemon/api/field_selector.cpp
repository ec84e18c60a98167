#include "daemon/api/field_selector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace teal::api {
namespace {

// At commas that no backslash stands before.
std::vector<std::string> terms_of(std::string_view text) {
  std::vector<std::string> terms(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      terms.back() += text.substr(at++, 2);
    } else if (text[at] == ',') {
      terms.emplace_back();
    } else {
      terms.back() += text[at];
    }
  }
  std::erase(terms, "");
  return terms;
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '=' || text[at] == '!') return std::nullopt;
    if (text[at] == '\\') ++at;
    if (at == text.size()) return std::nullopt;
    out += text[at];
  }
  return out;
}

}  // namespace

Result<FieldSelector> FieldSelector::parse(std::string_view text, std::initializer_list<std::string_view> known) {
  FieldSelector selector;
  for (const auto& term : terms_of(text)) {
    const auto at = term.find_first_of("=!");
    const bool is_unequal = at != std::string::npos && term[at] == '!';
    if (at == std::string::npos || (is_unequal && term.substr(at, 2) != "!=")) {
      return Error{ErrorCode::invalid, fmt::format("fieldSelector: \"{}\" is not FIELD=VALUE or FIELD!=VALUE", term)};
    }
    const bool is_long = is_unequal || term.substr(at, 2) == "==";
    const auto value = unescaped(std::string_view{term}.substr(at + (is_long ? 2 : 1)));
    Requirement one{term.substr(0, at), value.value_or(""), !is_unequal};
    if (!value) {
      return Error{ErrorCode::invalid,
                   fmt::format("fieldSelector: in \"{}\" an equals sign of the value wants a backslash", term)};
    }
    if (std::ranges::find(known, std::string_view{one.field}) == known.end()) {
      return Error{ErrorCode::invalid, fmt::format("fieldSelector: field label not supported: {}; known are {}",
                                                   one.field, fmt::join(known, ", "))};
    }
    selector.requirements_.push_back(std::move(one));
  }
  return selector;
}

bool FieldSelector::matches(const ValueOf& value_of) const {
  return std::ranges::all_of(
      requirements_, [&](const Requirement& one) { return (value_of(one.field) == one.value) == one.is_equal; });
}

std::string FieldSelector::wanted(std::string_view field) const {
  for (const auto& one : requirements_) {
    if (one.field == field && one.is_equal) return one.value;
  }
  return {};
}

}  // namespace teal::api
