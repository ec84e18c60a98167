#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

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

// The clocks of a zone. UTC needs no database; any other may have left it since the manifest was taken, with an upgrade
// of the system.
class Clocks {
 public:
  [[nodiscard]] static std::optional<Clocks> of(const std::string& name) {
    if (name == "UTC") return Clocks{nullptr};
    try {
      const auto* zone = date::locate_zone(name);
      static_cast<void>(zone->get_info(date::sys_seconds{}));  // its file is read when it is needed first
      return Clocks{zone};
    } catch (const std::exception&) {
      return std::nullopt;
    }
  }
  [[nodiscard]] date::local_seconds to_local(Time time) const {
    const auto whole = date::floor<std::chrono::seconds>(time);
    return zone_ == nullptr ? date::local_seconds{whole.time_since_epoch()} : zone_->to_local(whole);
  }
  // A local time that a zone skips or has twice is taken at its first moment.
  [[nodiscard]] Time to_time(date::local_seconds local) const {
    if (zone_ == nullptr) return std::chrono::time_point_cast<Duration>(date::sys_seconds{local.time_since_epoch()});
    return std::chrono::time_point_cast<Duration>(zone_->to_sys(local, date::choose::earliest));
  }

 private:
  explicit Clocks(const date::time_zone* zone) : zone_(zone) {}
  const date::time_zone* zone_;  // null: UTC
};

// The next opening of one window at or after now; open now counts.
WindowState next_opening(const spec::Window& window, Time now) {
  const auto clocks = Clocks::of(window.timezone);
  if (!clocks) {
    WindowState shut{false, Time::max()};
    shut.problem = fmt::format(
        "this system has no time zone {} any more, so that window stays shut: install the "
        "package that has it (tzdata, tzdata-legacy) and restart teald, or name another zone",
        window.timezone);
    return shut;
  }
  const auto today = date::floor<days>(clocks->to_local(now));
  WindowState state{false, now + std::chrono::days{8}};
  for (int offset = -1; offset <= 8; ++offset) {  // one that began yesterday may still be open
    const auto day = today + days{offset};
    if (!on_day(window, day)) continue;
    const auto begins = clocks->to_time(day + std::chrono::minutes{window.from_minute});
    const auto last_day = window.to_minute > window.from_minute ? day : day + days{1};
    const auto ends = clocks->to_time(last_day + std::chrono::minutes{window.to_minute});
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
    auto state = next_opening(window, now);
    if (state.open) return state;
    if (!state.problem.empty()) best.problem = std::move(state.problem);
    if (state.opens_at >= best.opens_at) continue;
    best.opens_at = state.opens_at;
    best.timezone = window.timezone;
  }
  return best;
}

std::string opening_text(const WindowState& state) {
  const bool is_known = state.opens_at != Time::max();
  auto text = is_known ? format_time(state.opens_at) : std::string{"a time that nobody can tell"};
  const auto clocks = Clocks::of(state.timezone);
  if (is_known && clocks && !state.timezone.empty() && state.timezone != "UTC") {
    text += date::format(" (%H:%M on %A in ", clocks->to_local(state.opens_at)) + state.timezone + ")";
  }
  return state.problem.empty() ? text : fmt::format("{} ({})", text, state.problem);
}

}  // namespace teal::rollout
