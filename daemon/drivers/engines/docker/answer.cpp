#include "daemon/drivers/engines/docker/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <charconv>
#include <span>

#include "manifests/foundation/text.hpp"

namespace teal::docker {

namespace json = boost::json;

namespace {

// For people: one line, not endless, valid UTF-8 whatever the engine sent.
std::string presentable(std::string_view text) {
  constexpr std::size_t longest = 1000;
  auto result = valid_utf8(std::string{first_bytes(text, longest)});
  std::replace_if(result.begin(), result.end(), [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }, ' ');
  while (result.ends_with(' ')) result.pop_back();
  return result;
}

bool holds_any(std::string_view text, std::span<const std::string_view> words) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return std::any_of(words.begin(), words.end(), [&](auto word) { return lower.find(word) != std::string::npos; });
}

}  // namespace

Field Field::operator[](std::string_view key) const {
  const auto* in = object();
  return Field{in == nullptr ? nullptr : in->if_contains(key)};
}

std::optional<std::string> Field::text() const {
  const auto* found = value_ == nullptr ? nullptr : value_->if_string();
  if (found == nullptr) return std::nullopt;
  return std::string{found->data(), found->size()};
}

std::optional<std::int64_t> Field::number() const {
  const auto* found = value_ == nullptr ? nullptr : value_->if_int64();
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::optional<int> Field::whole_number() const {
  const auto written = text();
  if (!written) return std::nullopt;
  int value = 0;
  const auto* end = written->data() + written->size();
  const auto [stopped, error] = std::from_chars(written->data(), end, value);
  if (error != std::errc{} || stopped != end || written->empty() || value < 0) return std::nullopt;
  return value;
}

bool Field::is_false() const {
  const auto* found = value_ == nullptr ? nullptr : value_->if_bool();
  return found != nullptr && !*found;
}

bool Field::is_true() const {
  const auto* found = value_ == nullptr ? nullptr : value_->if_bool();
  return found != nullptr && *found;
}

const json::object* Field::object() const { return value_ == nullptr ? nullptr : value_->if_object(); }
const json::array* Field::list() const { return value_ == nullptr ? nullptr : value_->if_array(); }

Result<json::value> parse_json(std::string_view text) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  auto value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) return malformed_answer(fmt::format("it is not JSON ({})", error.message()));
  return value;
}

Error malformed_answer(std::string_view what) {
  return {ErrorCode::unavailable, fmt::format("the engine's answer makes no sense: {}", what)};
}

std::string message_of(const http::Response& response) {
  if (const auto body = parse_json(response.body)) {
    if (const auto message = Field{*body}["message"].text(); message && !message->empty()) return presentable(*message);
  }
  const auto text = presentable(response.body.substr(0, 200));
  if (text.empty()) return fmt::format("the engine answered {} without a reason", response.status);
  return fmt::format("the engine answered {}: {}", response.status, text);
}

Error refusal(const http::Response& response) {
  const auto code = [&] {
    switch (response.status) {
      case 400:
        return ErrorCode::invalid;
      case 401:
      case 403:
        return ErrorCode::denied;
      case 404:
        return ErrorCode::not_found;
      case 409:
        return ErrorCode::conflict;
    }
    return ErrorCode::unavailable;
  }();
  return {code, message_of(response)};
}

Error pull_failure(std::string message) {
  // Registries word it as they like. The order matters: "denied" messages of the Hub also say "does not exist".
  static constexpr std::array<std::string_view, 3> unreachable{"no such host", "connection refused", "toomanyrequests"};
  static constexpr std::array<std::string_view, 5> denied{"denied", "unauthorized", "authentication required",
                                                          "no basic auth", "forbidden"};
  static constexpr std::array<std::string_view, 6> missing{"manifest unknown", "not found",     "name unknown",
                                                           "does not exist",   "no such image", "no matching manifest"};
  // Of another operating system, or in a format that newer engines have given up.
  static constexpr std::array<std::string_view, 5> malformed{"invalid reference", "invalid tag",
                                                             "cannot be used on this platform", "no longer supported",
                                                             "schema 1 is disabled"};
  auto text = presentable(message);
  if (holds_any(text, unreachable)) return {ErrorCode::unavailable, std::move(text)};
  if (holds_any(text, denied)) return {ErrorCode::denied, std::move(text)};
  if (holds_any(text, missing)) return {ErrorCode::not_found, std::move(text)};
  if (holds_any(text, malformed)) return {ErrorCode::invalid, std::move(text)};
  return {ErrorCode::unavailable, std::move(text)};
}

Error start_failure(const http::Response& response) {
  static constexpr std::array<std::string_view, 9> hopeless{
      "port is already allocated", "executable file not found", "oci runtime",
      "no such file or directory", "permission denied",         "invalid mount",
      "bind source path does",     "unable to find user",       "unable to find group"};
  auto error = refusal(response);
  if (response.status >= 500 && holds_any(error.message, hopeless)) error.code = ErrorCode::invalid;
  return error;
}

}  // namespace teal::docker
