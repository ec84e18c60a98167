// What a description says of a field beside its name and the member that holds it.
//
// A type that is written down somewhere (a manifest, the store, the API) is described once, by a function
//
//   template <class V>
//   void describe(V& v, Is<Stop> auto& stop) {
//     v.type("stop");
//     v("signal", stop.signal, {.says = "how it is asked to end"});
//     v("grace", stop.grace);
//   }
//
// and whoever reads or writes it is a visitor `v` of that function: wire/encode.hpp and wire/decode.hpp (JSON),
// wire/schema.hpp (the JSON schema for editors), parse/described.hpp (YAML, with places) and validate/described.hpp
// (the rules for single fields). The default of a field is the one that its member has in the struct. What a visitor is
// asked:
//
//   v(name, member, about)           a field whose form follows from the member's type
//   v(name, member, about, format)   a field with a form of its own, a type such as wire::Clock
//   v.group(name, about, body)       an object that the struct does not have; body(v) describes what is in it
//   v.each(name, list, about, body)  a list whose items are described by body(v, item)
//   v.only_with(name, other, says)   a field that makes no sense without another one
//   v.type(name), v.rule(json), v.constant(name, value)   for the schema, and the head of a document
//
// A function and no table (Boost.Describe): a table has no place for a limit, a sentence or a group.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "manifests/foundation/time.hpp"

namespace teal::wire {

template <class T, class U>
concept Is = std::same_as<std::remove_const_t<T>, U>;

struct About {
  std::string_view says{};  // a sentence for whoever writes it
  bool required = false;    // it has no default: what lacks it cannot be read
  bool omitted = false;     // left out while it is as the struct makes it; an empty optional always is
  bool when = true;         // false: left out now, since nobody would read it

  // Limits: of numbers, of durations (which are 30 days at most), and of how many a list may hold.
  std::optional<double> least{};
  std::optional<double> most{};
  Duration shortest{0};
  std::size_t least_items = 0;
  std::size_t most_items = 0;  // 0: any number

  // One of the forms in wire/forms.cpp, of the field and of a list's items, whose rule is in validate/described.cpp;
  // or, for the schema alone, what a text may be.
  std::string_view form{};
  std::string_view items{};
  std::string_view pattern{};
  std::size_t longest = 0;
  std::string_view rule{};  // JSON: further words of the schema

  // For the reader of YAML.
  bool as_written = false;      // `1.10` needs no quotes to be text
  std::string_view if_empty{};  // what an empty text is told
};

inline constexpr About needed{.required = true};
inline constexpr About unless_default{.omitted = true};

// What every visitor is, so that the descriptions in this room are found for it whatever room it is from.
struct Visitor {};

template <class T, class V>
concept Described = requires(V& v, T& value) { describe(v, value); };

}  // namespace teal::wire
