#include "controllers/rollout/rules.hpp"

namespace teal::rollout {
namespace {

constexpr CourseRules forward{
    .asks_leave = true,
    .resolves_image = true,
    .checks_first = true,
    .bakes = true,
    .keeps_old = true,
    .post_deployment = true,
    .all_hooks = true,
    .last_hooks = spec::HookPoint::AfterCutover,
    .is_undone = true,
};

constexpr CourseRules back{
    .asks_leave = false,
    .resolves_image = false,
    .checks_first = false,
    .bakes = false,
    .keeps_old = false,
    .post_deployment = false,
    .all_hooks = false,
    .last_hooks = spec::HookPoint::OnRollback,
    .is_undone = false,
};

}  // namespace

const CourseRules& rules_of(const records::RolloutRecord& record) { return record.course.back ? back : forward; }

}  // namespace teal::rollout
