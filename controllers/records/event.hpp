// Something that happened, for people: `teal get events`.
#pragma once

#include <string>

#include "manifests/foundation/time.hpp"
#include "manifests/spec/reason.hpp"

namespace teal::records {

struct Event {
  Time time;
  bool warning = false;  // type Warning, else Normal
  spec::Reason reason;
  std::string message;  // a sentence, for people; never a secret's value
  std::string application;
  std::string object;  // "Application/shop", "Rollout/shop-7", "Replica/teal-shop-api-r7-0"

  bool operator==(const Event&) const = default;
};

}  // namespace teal::records
