// Values whose name does not directly precede them: member pairs such as {"name": "DB_PASSWORD", "value": "…"}, XML
// elements, YAML lines below a name, JSON lists. Private to mask_text.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "manifests/masking/mask_effort.hpp"
#include "manifests/masking/mask_text.hpp"

namespace teal::masking {

using NameTells = std::function<bool(std::string_view name)>;

struct MemberName {
  std::size_t from = 0;  // without a quote
  std::string_view text;
  bool quoted = false;
};

// The name that ends before `end`.
[[nodiscard]] MemberName name_before(std::string_view text, std::size_t end);

// Of the member with this name, before its separator at `separator`: whether it is called value (…Value) and one that
// is called name or key (…Name, …Key) beside it holds a telling name.
[[nodiscard]] bool is_value_of_secret(std::string_view text, const MemberName& name, std::size_t separator,
                                      const NameTells& tells, Effort& effort);
// Whether it is the other one of such a pair.
[[nodiscard]] bool names_member_beside(std::string_view text, const MemberName& name, std::size_t separator,
                                       Effort& effort);

// <password …>SECRET</password>, <entry key="password">SECRET</entry>; `at` is where the tag opens.
[[nodiscard]] std::optional<TextSpan> element_secret(std::string_view text, std::size_t at, const NameTells& tells,
                                                     Effort& effort);

// "|", ">-" and the like, and nothing else in the line.
[[nodiscard]] bool begins_block(std::string_view text, std::size_t value);

// Lines that belong to the value which begins with `value`, the first that is not blank behind the colon of `name`:
// those of "name: |", those of a list below "name:", those of a value that goes on below. Those of a mapping, whose
// names speak for themselves, only `with_members`.
[[nodiscard]] std::optional<TextSpan> lines_below(std::string_view text, const MemberName& name, std::size_t value,
                                                  bool with_members);

// What stands in the list or the map that begins at `at`.
[[nodiscard]] std::optional<TextSpan> inside_brackets(std::string_view text, std::size_t at);

}  // namespace teal::masking
