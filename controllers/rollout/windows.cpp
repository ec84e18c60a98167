#include <date/tz.h>

#include <algorithm>

#include "controllers/rollout/policy.hpp"

namespace teal::rollout {
namespace {

using namespace std::chrono_literals;
using date::days;

bool on_day(const spec::Window& window, date::local_days day) {
  if (window.days.empty()) return true;
  const auto index = static_cast<int>(date::weekday{day}.iso_encoding()) - 1;  // Monday is 0, as in Weekday
  return std::ranges::any_of(window.days, [&](spec::Weekday one) { return static_cast<int>(one) == index; });
}

// A local time that a zone skips or has twice is taken at its first moment.
Time to_time(const date::time_zone& zone, date::local_seconds local) {
  return std::chrono::time_point_cast<Duration>(zone.to_sys(local, date::choose::earliest));
}

// The next opening of one window at or after now; open now counts.
WindowState next_opening(const spec::Window& window, Time now) {
  const auto* zone = date::locate_zone(window.timezone);
  const auto today = date::floor<days>(zone->to_local(date::floor<std::chrono::seconds>(now)));
  WindowState state{false, now + std::chrono::days{8}};
  for (int offset = -1; offset <= 8; ++offset) {  // one that began yesterday may still be open
    const auto day = today + days{offset};
    if (!on_day(window, day)) continue;
    const auto begins = to_time(*zone, day + std::chrono::minutes{window.from_minute});
    const auto last_day = window.to_minute > window.from_minute ? day : day + days{1};
    const auto ends = to_time(*zone, last_day + std::chrono::minutes{window.to_minute});
    if (now >= begins && now < ends) return {true, begins};
    if (begins > now) return {false, begins};
  }
  return state;
}

}  // namespace

WindowState window_of(const std::vector<spec::Window>& windows, Time now) {
  if (windows.empty()) return {true, now};
  WindowState best{false, Time::max()};
  for (const auto& window : windows) {
    const auto state = next_opening(window, now);
    if (state.open) return state;
    if (state.opens_at >= best.opens_at) continue;
    best = state;
    best.timezone = window.timezone;
  }
  return best;
}

std::string opening_text(const WindowState& state) {
  auto text = format_time(state.opens_at);
  if (state.timezone.empty() || state.timezone == "UTC") return text;
  const auto local = date::locate_zone(state.timezone)->to_local(date::floor<std::chrono::seconds>(state.opens_at));
  return text + date::format(" (%H:%M on %A in ", local) + state.timezone + ")";
}

}  // namespace teal::rollout
