#include "controllers/rollout/traffic/silences.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace teal::rollout {
namespace {

constexpr Duration unnoticed_for = std::chrono::seconds{1};

// By name, with the reason.
std::map<std::string, std::string> silent_now(const Pass& pass) {
  std::map<std::string, std::string> silent;
  for (const auto& view : pass.world.backends) {
    if (view.presence == Presence::Unknown) silent.emplace(view.load_balancer, view.why);
  }
  return silent;
}

}  // namespace

void report_silences(Pass& pass) {
  auto& silences = pass.next.silences;
  const auto silent = silent_now(pass);
  for (auto one = silences.begin(); one != silences.end();) {
    if (silent.contains(one->first)) {
      ++one;
      continue;
    }
    const bool is_used =
        std::ranges::find(pass.world.backends, one->first, &BackendView::load_balancer) != pass.world.backends.end();
    if (one->second.told && is_used) {
      pass.event(spec::Reason::LoadBalancerAnswers,
                 fmt::format("load balancer {} answers again, after {}", one->first,
                             format_duration(std::chrono::floor<std::chrono::seconds>(pass.now - one->second.since))));
    }
    one = silences.erase(one);
  }
  for (const auto& [name, why] : silent) {
    auto& silence = silences.try_emplace(name, records::SilenceRecord{pass.now, false}).first->second;
    if (silence.told) continue;
    if (pass.now < silence.since + unnoticed_for) {
      pass.wake_at(silence.since + unnoticed_for);
      continue;
    }
    silence.told = true;
    pass.warning(spec::Reason::LoadBalancerUnavailable,
                 fmt::format("load balancer {} does not answer, so that nothing is stopped that it may still send "
                             "requests to: {}",
                             name, why));
  }
}

}  // namespace teal::rollout
