#include "controllers/records/record_forms.hpp"

#include "manifests/wire/encode.hpp"

namespace teal {

namespace json = boost::json;

json::value LatencySteps::encode(const Counts& counts) {
  json::object out;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) out[std::to_string(i)] = counts[i];
  }
  return out;
}

void LatencySteps::decode(const wire::Place& place, Counts& out) {
  const auto* object = place.object();
  for (std::size_t i = 0; object != nullptr && i < out.size(); ++i) {
    const auto step = std::to_string(i);
    if (const auto* count = object->if_contains(step)) wire::decode(place.member(step, *count), out[i]);
  }
}

json::value Messages::encode(const std::vector<std::string>& messages) {
  json::array out;
  for (const auto& message : messages) out.push_back(json::object{{"message", wire::encoded_text(message)}});
  return out;
}

void Messages::decode(const wire::Place& place, std::vector<std::string>& out) {
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

}  // namespace teal
