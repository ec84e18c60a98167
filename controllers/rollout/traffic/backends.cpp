#include "controllers/rollout/traffic/backends.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace teal::rollout {

bool is_balanced(const records::RolloutRecord& record) {
  const auto uses_one = [](const records::Revision& revision) {
    return std::ranges::any_of(revision.application.spec.components,
                               [](const spec::Component& one) { return one.load_balancer.has_value(); });
  };
  return uses_one(record.course.target) || (record.course.active && uses_one(*record.course.active));
}

std::optional<Why> what_is_wrong_with(const BackendView& view) {
  switch (view.presence) {
    case Presence::Absent:
      return Why{spec::Reason::BackendNotFound, fmt::format("load balancer {}: {}", view.load_balancer, view.why)};
    case Presence::Unknown:
      return Why{spec::Reason::LoadBalancerUnavailable,
                 fmt::format("load balancer {}: {}", view.load_balancer, view.why)};
    case Presence::Present:
      break;
  }
  if (view.obstacles.empty()) return std::nullopt;
  return Why{spec::Reason::BackendNotUsable, fmt::format("load balancer {}, backend {}: {}", view.load_balancer,
                                                         view.backend, fmt::join(view.obstacles, "; "))};
}

void tell_remarks(Pass& pass) {
  for (const auto& component : pass.spec().components) {
    const auto* view = component.load_balancer ? pass.backend(*component.load_balancer) : nullptr;
    if (!view) continue;
    for (const auto& remark : view->remarks)
      pass.warning(spec::Reason::BackendOptionIgnored,
                   fmt::format("load balancer {}: {}", view->load_balancer, remark));
  }
}

bool backends_fit(Pass& pass) {
  std::optional<Why> wrong;
  for (const auto& component : pass.spec().components) {
    if (!component.load_balancer || wrong) continue;
    const auto* view = pass.backend(*component.load_balancer);
    if (view) wrong = what_is_wrong_with(*view);
  }
  if (!wrong) return true;
  const auto message =
      fmt::format("{}; nothing has been changed yet, and the rollout goes on once that is mended", wrong->message);
  // Of silence an event tells anyway, whatever waits for it.
  if (wrong->reason != spec::Reason::LoadBalancerUnavailable) pass.warn_once(wrong->reason, message);
  pass.wait(wrong->reason, message);
  pass.wake_in(std::chrono::milliseconds{500});
  return false;
}

}  // namespace teal::rollout
