// The words of an enum, for reading, writing and error texts: those of BOOST_DEFINE_ENUM_CLASS, which are the names of
// its values, or a table of its own (`names_of`, found beside the type).
#pragma once

#include <array>
#include <boost/describe/enumerators.hpp>
#include <concepts>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace teal {

template <class E>
struct Name {
  E value;
  std::string_view text;
};

template <class E>
  requires std::is_enum_v<E> && boost::describe::has_describe_enumerators<E>::value
[[nodiscard]] std::span<const Name<E>> names_of(E) {
  static constexpr auto table = []<template <class...> class List, class... D>(List<D...>) {
    return std::array<Name<E>, sizeof...(D)>{{{D::value, D::name}...}};
  }(boost::describe::describe_enumerators<E>{});
  return table;
}

template <class E>
concept HasNames = std::is_enum_v<E> && requires(E value) { names_of(value); };

// "BlueGreen": the contract's word for a value.
template <HasNames E>
[[nodiscard]] std::string_view name_of(E value) {
  for (const auto& name : names_of(value)) {
    if (name.value == value) return name.text;
  }
  return "?";
}

template <HasNames E>
[[nodiscard]] std::vector<std::string_view> words_of() {
  std::vector<std::string_view> words;
  for (const auto& name : names_of(E{})) words.push_back(name.text);
  return words;
}

// The value of a word; none: it is not one of its words.
template <HasNames E>
[[nodiscard]] std::optional<E> named(std::string_view word) {
  for (const auto& name : names_of(E{})) {
    if (name.text == word) return name.value;
  }
  return std::nullopt;
}

// A word of a list that may be longer elsewhere: one that is not on ours is kept as it stands.
template <class T>
concept OpenWord = requires(const T& word, std::string_view text) {
  { T::named(text) } -> std::same_as<T>;
  { word.text() } -> std::same_as<std::string_view>;
};

}  // namespace teal
