#include "controllers/records/json_reader.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

namespace teal {

namespace json = boost::json;

JsonDocument::JsonDocument(std::string_view text, std::string what) : what_(std::move(what)) {
  boost::system::error_code error;
  json::parse_options options;
  options.max_depth = 64;  // a spec is 10 deep; a bomb must not take the stack
  value_ = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) error_ = Error{ErrorCode::invalid, fmt::format("{}: not JSON: {}", what_, error.message())};
}

JsonReader JsonDocument::root() { return JsonReader(*this, &value_, what_); }

JsonReader::JsonReader(JsonDocument& document, const json::value* value, std::string where)
    : document_(&document), where_(std::move(where)) {
  if (value == nullptr) return;
  object_ = value->if_object();
  if (object_ == nullptr) fail("is no object");
}

void JsonReader::fail(std::string_view problem) const {
  if (!document_->error_) document_->error_ = Error{ErrorCode::invalid, fmt::format("{}: {}", where_, problem)};
}

const json::value* JsonReader::find(std::string_view key) const {
  if (object_ == nullptr) return nullptr;
  const auto* value = object_->if_contains(json::string_view(key.data(), key.size()));
  if (value == nullptr) fail(fmt::format("{} is missing", key));
  return value;
}

bool JsonReader::has(std::string_view key) const {
  return object_ != nullptr && object_->contains(json::string_view(key.data(), key.size()));
}

std::string JsonReader::text(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return {};
  const auto* string = value->if_string();
  if (string == nullptr) fail(fmt::format("{} is no text", key));
  return string == nullptr ? std::string{} : std::string(string->data(), string->size());
}

bool JsonReader::flag(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return false;
  const auto* flag = value->if_bool();
  if (flag == nullptr) fail(fmt::format("{} is neither true nor false", key));
  return flag != nullptr && *flag;
}

Time JsonReader::time(std::string_view key) const {
  const std::string word = text(key);
  if (document_->error_) return {};
  const auto parsed = parse_time(word);
  if (!parsed) fail(fmt::format("{}: {}", key, parsed.error().message));
  return parsed ? *parsed : Time{};
}

std::optional<Time> JsonReader::optional_time(std::string_view key) const {
  if (!has(key)) return std::nullopt;
  return time(key);
}

JsonReader JsonReader::child(std::string_view key) const {
  return JsonReader(*document_, find(key), fmt::format("{}: {}", where_, key));
}

std::vector<JsonReader> JsonReader::items(std::string_view key) const {
  std::vector<JsonReader> readers;
  const auto* value = find(key);
  if (value == nullptr) return readers;
  const auto* array = value->if_array();
  if (array == nullptr) fail(fmt::format("{} is no list", key));
  if (array == nullptr) return readers;
  for (const auto& item : *array) {
    readers.emplace_back(*document_, &item, fmt::format("{}: {}[{}]", where_, key, readers.size()));
  }
  return readers;
}

std::vector<std::string> JsonReader::keys() const {
  std::vector<std::string> keys;
  if (object_ == nullptr) return keys;
  for (const auto& member : *object_) keys.emplace_back(member.key().data(), member.key().size());
  return keys;
}

}  // namespace teal
