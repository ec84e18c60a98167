#include "daemon/drivers/registries/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>

#include "manifests/masking/mask.hpp"

namespace teal::registries {

namespace json = boost::json;

Result<json::value> parse_json(std::string_view text, std::string_view what) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;
  auto value = json::parse({text.data(), text.size()}, error, {}, options);
  if (error) {
    return Error{ErrorCode::unavailable,
                 fmt::format("{} is not whole JSON ({}, {} bytes)", what, error.message(), text.size())};
  }
  return value;
}

std::string text_of(const json::value& value, std::string_view key) {
  const auto* object = value.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(key);
  const auto* text = member == nullptr ? nullptr : member->if_string();
  return text == nullptr ? std::string{} : std::string{text->data(), text->size()};
}

std::string presentable(std::string_view text, const std::vector<masking::Secret>& secrets) {
  constexpr std::size_t longest = 300;
  constexpr std::size_t shortest_secret = 4;  // shorter ones are words of every text
  auto result = masked(text, masking::Mask{secrets});
  result.resize(std::min(result.find('\n'), result.size()));
  for (const auto& secret : secrets) {
    const auto& value = secret.reveal();
    if (value.size() < shortest_secret) continue;
    for (auto at = result.find(value); at != result.npos; at = result.find(value))
      result.replace(at, value.size(), "***");
  }
  std::string line;
  for (const char c : result.substr(0, longest))
    line += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : (static_cast<unsigned char>(c) < 0x80 ? c : '?');
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

}  // namespace teal::registries
