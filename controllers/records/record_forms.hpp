// Fields of records whose JSON does not follow from their type (manifests/wire/field.hpp, formats).
#pragma once

#include <array>
#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "controllers/world/latency.hpp"
#include "manifests/wire/decode.hpp"

namespace teal {

// {"7": 120}: by step, those that are not empty.
struct LatencySteps {
  using Counts = std::array<std::uint64_t, LatencyCounts::steps>;

  [[nodiscard]] static boost::json::value encode(const Counts& counts);
  static void decode(const wire::Place& place, Counts& out);
};

// [{"message": "…"}]
struct Messages {
  [[nodiscard]] static boost::json::value encode(const std::vector<std::string>& messages);
  static void decode(const wire::Place& place, std::vector<std::string>& out);
};

// A name whose key says what it is the name of.
template <class Flag>
struct UnitName {
  Flag& flag;
  bool value;

  [[nodiscard]] static boost::json::value encode(const std::string& name) { return boost::json::string{name}; }
  void decode(const wire::Place& place, std::string& out) const {
    flag = value;
    wire::decode(place, out);
  }
};
template <class Flag>
UnitName(Flag&, bool) -> UnitName<Flag>;

}  // namespace teal
