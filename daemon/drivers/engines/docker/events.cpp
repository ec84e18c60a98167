#include "daemon/drivers/engines/docker/events.hpp"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstring>
#include <utility>

#include "daemon/drivers/engines/docker/answer.hpp"

namespace teal::docker {

namespace {

std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<int> signal_number(std::string_view name) {
  if (name.starts_with("SIG")) name.remove_prefix(3);
  if (const auto number = whole_number(name)) {
    return *number > 0 && *number < NSIG ? number : std::nullopt;
  }
  for (const bool least : {true, false}) {
    const std::string_view base = least ? "RTMIN" : "RTMAX";
    if (!name.starts_with(base)) continue;
    auto rest = name.substr(base.size());
    if (rest.starts_with('+')) rest.remove_prefix(1);
    const auto offset = rest.empty() ? std::optional<int>{0} : whole_number(rest);
    if (!offset) return std::nullopt;
    // The container's libc numbers from 34 on, whatever ours reserves.
    return (least ? 34 : 64) + *offset;
  }
  for (int number = 1; number < 32; ++number) {
    const char* abbreviation = ::sigabbrev_np(number);
    if (abbreviation != nullptr && name == abbreviation) return number;
  }
  return std::nullopt;
}

Result<Event> parse_event(std::string_view line) {
  const auto parsed = parse_json(line);
  if (!parsed) return parsed.error();
  const Field root{*parsed};
  const auto actor = root["Actor"];
  const auto action = root["Action"].text();
  const auto id = actor["ID"].text();
  const auto nanoseconds = root["timeNano"].number();
  if (!action || !id || !nanoseconds) return malformed_answer("an event without Action, Actor.ID or timeNano");
  Event event;
  event.action = *action;
  event.container_id = *id;
  event.application = actor["Attributes"]["teal.application"].text().value_or("");
  event.owner = actor["Attributes"]["teal.owner"].text().value_or("");
  event.signal = actor["Attributes"]["signal"].text().value_or("");
  event.exit_code = whole_number(actor["Attributes"]["exitCode"].text().value_or(""));
  event.time = Time{std::chrono::floor<Duration>(std::chrono::nanoseconds{*nanoseconds})};
  return event;
}

Result<std::vector<std::string>> Lines::feed(std::string_view piece) {
  constexpr std::size_t longest = 1 << 20;
  std::vector<std::string> lines;
  while (!piece.empty()) {
    const auto end = piece.find('\n');
    rest_ += piece.substr(0, end);
    if (rest_.size() > longest) return malformed_answer("a line of its stream is longer than 1 MiB");
    if (end == std::string_view::npos) break;
    piece.remove_prefix(end + 1);
    if (rest_.ends_with('\r')) rest_.pop_back();
    if (!rest_.empty()) lines.push_back(std::exchange(rest_, {}));
  }
  return lines;
}

void Witness::saw(const Event& event) {
  if (event.action == "die" && event.exit_code) {
    seen_[event.container_id].exit_code = event.exit_code;
  } else if (event.action == "destroy") {
    forget(event.container_id);
  } else if (event.action == "kill") {
    auto& signals = seen_[event.container_id].signals;
    const auto same = [&](const Signal& signal) { return signal.time == event.time && signal.name == event.signal; };
    if (std::none_of(signals.begin(), signals.end(), same)) signals.push_back({event.signal, event.time});
  }
}

void Witness::delivered(const std::string& container_id, Time time) {
  auto& seen = seen_[container_id];
  seen.signals.push_back({"", time});
  seen.in_doubt = false;
}

bool Witness::asks_about(const world::Container& container) const {
  if (!container.started_at) return false;
  const auto found = seen_.find(container.id);
  if (found == seen_.end()) return true;
  const auto& seen = found->second;
  return container.state == world::ContainerState::Exited ? !seen.end_is_known : !seen.past_is_known || seen.in_doubt;
}

void Witness::has_read_about(const world::Container& container) {
  if (!container.started_at) return;
  auto& seen = seen_[container.id];
  seen.past_is_known = true;
  seen.end_is_known = container.state == world::ContainerState::Exited;
}

void Witness::fill(world::Container& container, const std::string& stop_signal) const {
  const auto found = seen_.find(container.id);
  if (found == seen_.end()) return;
  const auto& seen = found->second;
  container.exit_witnessed =
      container.state == world::ContainerState::Exited && seen.exit_code && container.exit_code == seen.exit_code;
  const auto wanted = signal_number(stop_signal);
  for (const auto& signal : seen.signals) {
    const auto number = signal_number(signal.name);
    const bool stops = signal.name.empty() || !wanted || number == wanted || number == SIGKILL;
    if (!stops) continue;
    if (!container.signalled_at || *container.signalled_at < signal.time) container.signalled_at = signal.time;
  }
}

}  // namespace teal::docker
