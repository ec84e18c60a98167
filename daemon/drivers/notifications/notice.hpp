// The types of notifications.
#pragma once

#include <boost/describe/enum.hpp>

namespace teal::notifications {

BOOST_DEFINE_ENUM_CLASS(Notice, RolloutFailed, RolloutCompleted, ApprovalNeeded, RolloutPaused)

}  // namespace teal::notifications
