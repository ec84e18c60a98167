#include "controllers/records/record_forms.hpp"

#include "manifests/wire/encode.hpp"

namespace teal::records {

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

}  // namespace teal::records
