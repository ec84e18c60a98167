// `fieldSelector` of a list or a watch, with Kubernetes' grammar: `status.phase=Healthy,metadata.name!=shop`. In a
// value a comma, an equals sign or a backslash stands behind a backslash.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::api {

class FieldSelector {
 public:
  using ValueOf = std::function<std::string(std::string_view field)>;

  // Errors: invalid, where it is none, or asks for a field that is not among the `known` ones.
  [[nodiscard]] static Result<FieldSelector> parse(std::string_view text,
                                                   std::initializer_list<std::string_view> known);

  [[nodiscard]] bool selects_all() const { return requirements_.empty(); }
  [[nodiscard]] bool matches(const ValueOf& value_of) const;
  // What a field has to be; empty: anything, or not just one thing.
  [[nodiscard]] std::string wanted(std::string_view field) const;

 private:
  struct Requirement {
    std::string field;
    std::string value;
    bool is_equal = true;
  };
  std::vector<Requirement> requirements_;
};

}  // namespace teal::api
