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

bool fails_open(const BackendView& view) { return std::ranges::any_of(view.servers, &world::Server::unchecked); }

// An event is owed from now on, unless it is over within a moment. True when it is due.
bool is_worth_telling(Pass& pass, records::SilenceRecord& record) {
  if (record.told) return false;
  if (pass.now < record.since + unnoticed_for) {
    pass.wake_at(record.since + unnoticed_for);
    return false;
  }
  return record.told = true;
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
    if (!is_worth_telling(pass, silence)) continue;
    pass.warning(spec::Reason::LoadBalancerUnavailable,
                 fmt::format("load balancer {} does not answer, so that nothing is stopped that it may still send "
                             "requests to: {}",
                             name, why));
  }
}

void report_failing_open(Pass& pass) {
  auto& known = pass.next.failing_open;
  std::erase_if(known, [&](const auto& each) {
    return std::ranges::none_of(pass.world.backends, [&](const BackendView& view) {
      return view.load_balancer + "/" + view.backend == each.first;
    });
  });
  for (const auto& view : pass.world.backends) {
    if (view.presence != Presence::Present) continue;
    const auto name = view.load_balancer + "/" + view.backend;
    if (fails_open(view)) {
      auto& record = known.try_emplace(name, records::SilenceRecord{pass.now, false}).first->second;
      if (!is_worth_telling(pass, record)) continue;
      pass.warning(spec::Reason::FailsOpen,
                   fmt::format("load balancer {}: the checks of all servers of backend {} fail at once, so requests go "
                               "on to all of them instead of being refused: look at what they share",
                               view.load_balancer, view.backend));
    } else if (const auto found = known.find(name); found != known.end()) {
      if (found->second.told)
        pass.event(spec::Reason::ChecksPassAgain,
                   fmt::format("load balancer {}: backend {} no longer sends requests to servers whose checks fail",
                               view.load_balancer, view.backend));
      known.erase(found);
    }
  }
}

}  // namespace teal::rollout
