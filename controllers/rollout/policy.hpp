// Whether a rollout is allowed at all: the vendor's upgrade rules and the maintenance windows.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controllers/records/record.hpp"
#include "controllers/rollout/decide.hpp"

namespace teal::rollout {

struct UpgradeVerdict {
  bool allowed = true;
  Why why;                                              // which rule says so; when not allowed, what to do
  spec::Strategy strategy = spec::Strategy::BlueGreen;  // when allowed: the spec's, or the one that the rule demands
};

// From the active version to the target's, by the target's upgradePolicy. A first installation is always allowed, and
// so is a rollback, which a person has decided.
[[nodiscard]] UpgradeVerdict upgrade_verdict(const records::RolloutRecord& record);

// What the next rollout is for on the way from the active revision to `wanted`: with hops: Automatic the first stop
// that lies between, which is the same application with that version; else `wanted` itself.
[[nodiscard]] spec::Application next_hop(const spec::Application& wanted,
                                         const std::optional<records::Revision>& active);

// The versions of all those rollouts in order, the wanted one last.
[[nodiscard]] std::vector<std::string> versions_on_the_way(const spec::Application& wanted,
                                                           const std::optional<records::Revision>& active);

struct WindowState {
  bool open = true;
  Time opens_at{};         // when not open; at most eight days ahead, or Time::max(): nobody can tell
  std::string timezone{};  // of the window that opens then
  std::string problem{};   // when not open: one of the windows is in a zone that this system does not have any more
};

// Open when there is no window at all. Zones are IANA names; the system's database is read. A window in a zone that is
// not in it stays shut, which is this application's trouble and nobody else's.
[[nodiscard]] WindowState window_of(const std::vector<spec::Window>& windows, Time now);

// When it opens, also as the clocks of its zone show it: "2026-11-23T01:00:00.000Z (02:00 on Monday in Europe/Berlin)".
[[nodiscard]] std::string opening_text(const WindowState& state);

}  // namespace teal::rollout
