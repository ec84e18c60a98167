// Reading the API's JSON without trusting its shape: what is missing or of another type reads as empty.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <string>
#include <string_view>

namespace teal::cli {

// The value at a JSON pointer ("/status/phase"); null when there is none.
[[nodiscard]] const boost::json::value* find(const boost::json::value& from, std::string_view pointer);

// A string as it is, a number or boolean as text; empty for anything else.
[[nodiscard]] std::string text_at(const boost::json::value& from, std::string_view pointer);

[[nodiscard]] const boost::json::array& items_at(const boost::json::value& from, std::string_view pointer);

}  // namespace teal::cli
