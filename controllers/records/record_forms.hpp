// Fields of records whose JSON does not follow from their type (manifests/wire/field.hpp, formats).
#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "controllers/records/record.hpp"
#include "controllers/world/latency.hpp"
#include "manifests/wire/decode.hpp"
#include "manifests/wire/encode.hpp"

namespace teal::records {

// {"7": 120}: by step, those that are not empty.
struct LatencySteps {
  using Counts = std::array<std::uint64_t, world::LatencyCounts::steps>;

  [[nodiscard]] static boost::json::value encode(const Counts& counts);
  static void decode(const wire::Place& place, Counts& out);
};

// A time whose key says whose fault it was.
template <class Whose>
struct BlamedAt {
  Whose& whose;
  Blame::Whose value;

  [[nodiscard]] static boost::json::value encode(Time at) { return wire::encoded(at); }
  void decode(const wire::Place& place, Time& out) const {
    whose = value;
    wire::decode(place, out);
  }
};
template <class Whose>
BlamedAt(Whose&, Blame::Whose) -> BlamedAt<Whose>;

}  // namespace teal::records
