// What people outside can be told of.
#pragma once

namespace teal {

enum class Notice { RolloutFailed, RolloutCompleted, ApprovalNeeded, RolloutPaused };

}  // namespace teal
