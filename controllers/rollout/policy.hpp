// The rules that say whether a rollout may happen at all: the vendor's upgrade rules and the maintenance windows.
#pragma once

#include <vector>

#include "controllers/record.hpp"
#include "controllers/rollout/decide.hpp"

namespace teal {

struct UpgradeVerdict {
  bool allowed = true;
  Why why;                                  // when not allowed: which rule, and what to do
  Strategy strategy = Strategy::BlueGreen;  // when allowed: the spec's, or the one that the rule demands
};

// From the active version to the target's, by the target's upgradePolicy. A first installation is always allowed.
[[nodiscard]] UpgradeVerdict upgrade_verdict(const RolloutRecord& record);

struct WindowState {
  bool open = true;
  Time opens_at{};  // when not open; at most eight days ahead
};

// Open when there is no window at all. Zones are IANA names; the system's database is read.
[[nodiscard]] WindowState window_of(const std::vector<Window>& windows, Time now);

}  // namespace teal
