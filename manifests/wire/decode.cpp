#include "manifests/wire/decode.hpp"
#include "manifests/foundation/parse_time.hpp"

#include <fmt/format.h>

#include <boost/json/parse.hpp>

namespace teal::wire {

namespace json = boost::json;

Place Place::member(std::string_view name, const json::value& value) const {
  // The first word says what document it is.
  const auto sign = path_.find(": ") == std::string::npos ? ": " : ".";
  return {value, fmt::format("{}{}{}", path_, sign, name), *problem_};
}

Place Place::item(std::size_t index, const json::value& value) const {
  return {value, fmt::format("{}[{}]", path_, index), *problem_};
}

void Place::fail(std::string_view what) const {
  if (!*problem_) *problem_ = fmt::format("{} {}", path_, what);
}

const json::object* Place::object() const {
  const auto* object = value_->if_object();
  if (object == nullptr) fail("is no object");
  return object;
}

void Place::fail_as(const std::string& problem) const {
  if (!*problem_) *problem_ = problem;
}

const json::array* Place::array() const {
  const auto* array = value_->if_array();
  if (array == nullptr) fail("is no list");
  return array;
}

std::optional<std::string_view> Place::text() const {
  if (const auto* text = value_->if_string()) return std::string_view{text->data(), text->size()};
  fail("is no text");
  return std::nullopt;
}

void decode(const Place& place, bool& out) {
  const auto* flag = place.value().if_bool();
  if (flag == nullptr) return place.fail("is neither true nor false");
  out = *flag;
}

void decode(const Place& place, double& out) {
  boost::system::error_code error;
  const auto number = place.value().to_number<double>(error);
  if (error) return place.fail("is no number");
  out = number;
}

void decode(const Place& place, std::string& out) {
  if (const auto text = place.text()) out = *text;
}

void decode(const Place& place, Duration& out) {
  const auto text = place.text();
  if (!text) return;
  const auto time = parse_duration(*text);
  if (!time) return place.fail("is no duration");
  out = *time;
}

void decode(const Place& place, Time& out) {
  const auto text = place.text();
  if (!text) return;
  const auto time = parse_time(*text);
  if (!time) return place.fail("is no time: " + time.error().message);
  out = *time;
}

void decode(const Place& place, std::chrono::microseconds& out) {
  std::int64_t count = 0;
  decode(place, count);
  out = std::chrono::microseconds{count};
}

const json::value* Decoder::find(std::string_view name, const About& about) const {
  if (object_ == nullptr) return nullptr;
  const auto* value = object_->if_contains(name);
  if (value != nullptr && !value->is_null()) return value;
  if (about.required) place_.fail(fmt::format("has no {}", name));
  return nullptr;
}

Result<json::value> parsed_json(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;  // a spec is 10 deep; a bomb must not take the stack
  auto value = json::parse(text, error, {}, options);
  if (error) return Error{ErrorCode::invalid, fmt::format("{}: not JSON: {}", what, error.message())};
  return value;
}

}  // namespace teal::wire
