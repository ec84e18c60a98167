// What is on record but cannot be read: it was damaged, or is of a release that wrote otherwise. It stays as it is
// until a manifest that is saved again replaces it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "controllers/records/record.hpp"

namespace teal::records {

struct UnreadableApplication {
  ApplicationRecord salvaged;  // its name, and what else could be read; no spec
  std::string problem;         // what is wrong, and where
};

struct UnreadableRollout {
  std::string application;
  int revision = 0;
  std::uint64_t version = 0;  // the store's
  std::string problem;        // what is wrong, and where

  // Each as far as it can be read by itself.
  std::optional<Revision> target;
  std::optional<Revision> active;
  std::optional<spec::Phase> phase;
  std::optional<std::vector<JobRecord>> jobs;
  std::int64_t generation = 0;
};

}  // namespace teal::records
