// The phases of a rollout, under the names used everywhere: records, API, command line, metrics and page.
#pragma once

#include <boost/describe/enum.hpp>
#include <span>
#include <string_view>

#include "manifests/foundation/words.hpp"

namespace teal::spec {

// First those that a rollout passes through, in the order in which a BlueGreen one does.
BOOST_DEFINE_ENUM_CLASS(Phase, Pending, Preparing, Migrating, Starting, Introducing, Verifying, Withdrawing, Retiring,
                        Complete, AwaitingApproval, RollingBack, RolledBack, Failed, Superseded)

[[nodiscard]] inline std::string_view to_string(Phase phase) { return name_of(phase); }

[[nodiscard]] inline std::span<const Name<Phase>> phases_on_the_way() {
  return teal::names_of(Phase{}).first(static_cast<std::size_t>(Phase::Complete) + 1);
}

}  // namespace teal::spec
