// A stored record that cannot be decoded: it is corrupt, or from a release with another format. It stays unchanged
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
