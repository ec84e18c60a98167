// `labelSelector` of a list or a watch, with Kubernetes' grammar: `team=a, tier in (web, worker), !old`.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "manifests/foundation/result.hpp"

namespace teal::api {

using Labels = std::map<std::string, std::string>;

class LabelSelector {
 public:
  // `key=v` `key==v` `key!=v` `key in (v, w)` `key notin (v, w)` `key` `!key` `key>1` `key<1`, by commas, all of which
  // have to hold; an empty text selects everything. Errors: invalid, saying what is wrong where.
  [[nodiscard]] static Result<LabelSelector> parse(std::string_view text);

  [[nodiscard]] bool selects_all() const { return requirements_.empty(); }
  // `!=` and `notin` hold as well where there is no such label.
  [[nodiscard]] bool matches(const Labels& labels) const;

 private:
  enum class Operator { In, NotIn, Exists, Missing, Greater, Less };
  struct Requirement {
    std::string key;
    Operator is = Operator::Exists;
    std::set<std::string> values;
    std::int64_t bound = 0;
  };
  class Reader;

  [[nodiscard]] static bool holds(const Requirement& requirement, const Labels& labels);

  std::vector<Requirement> requirements_;
};

}  // namespace teal::api
