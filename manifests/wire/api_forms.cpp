#include "manifests/wire/api_forms.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>

#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::wire {

namespace json = boost::json;

json::value Messages::encode(const std::vector<std::string>& messages) {
  json::array out;
  for (const auto& message : messages) out.push_back(json::object{{"message", encoded_text(message)}});
  return out;
}

void Messages::decode(const Place& place, std::vector<std::string>& out) {
  const auto* array = place.array();
  if (array == nullptr) return;
  out.clear();
  for (const auto& item : *array) {
    const auto where = place.item(out.size(), item);
    const auto* object = where.object();
    const auto* message = object == nullptr ? nullptr : object->if_contains("message");
    if (message != nullptr) wire::decode(where.member("message", *message), out.emplace_back());
  }
}

json::value Text::encode(const std::string& text) { return encoded_text(text); }

json::value Seconds::encode(Duration time) { return std::chrono::duration<double>(time).count(); }

void Seconds::decode(const Place& place, Duration& out) {
  double seconds = 0;
  wire::decode(place, seconds);
  constexpr double most = 1e9;
  if (seconds < 0 || seconds > most) return place.fail("is no time that a step takes");
  out = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

json::value Patch::encode(const json::array& operations) { return operations; }

void Patch::decode(const Place& place, json::array& out) {
  if (const auto* array = place.array()) out = *array;
}

std::string schema_of_words(const std::vector<std::string_view>& words) {
  json::array list;
  for (const auto word : words) list.push_back(encoded_text(word));
  return json::serialize(json::object{{"type", "string"}, {"enum", std::move(list)}});
}

}  // namespace teal::wire
