#include "daemon/drivers/load_balancers/haproxy/releases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace teal::haproxy {
namespace {

// The first release of its branch whose CHANGELOG has every repair of deletion, the last of them "Properly check for
// streams before deletion" (July 2026): a stream whose connection failed points at the server until it has another
// one, so that redispatches beside a deletion crash all releases before. 3.4.3 has it too, but can crash when a client
// of the Runtime API goes away early. Other branches: not known to have them.
constexpr std::array deletion_repaired{Release{3, 2, 22}, Release{3, 4, 4}};
constexpr Release deletion_repaired_since{3, 5, 0};

// "make stream_shutdown() async-safe": before it a session was shut down by another thread than its own.
constexpr Release cutting_repaired{3, 0, 6};

std::optional<int> leading_number(std::string_view& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

std::optional<Release> release_of(std::string_view info) {
  constexpr std::string_view key = "\nVersion: ";
  const auto from = info.find(key);
  if (from == std::string_view::npos) return std::nullopt;
  auto text = info.substr(from + key.size());
  Release release;
  for (auto* part : {&release.major, &release.minor, &release.patch}) {
    const auto number = leading_number(text);
    if (!number) return std::nullopt;
    *part = *number;
    if (part == &release.patch) break;
    if (!text.starts_with('.')) return std::nullopt;  // "3.5-dev3"
    text.remove_prefix(1);
  }
  return release;
}

bool deletes_safely(const std::optional<Release>& release) {
  if (!release) return false;
  if (*release >= deletion_repaired_since) return true;
  return std::ranges::any_of(deletion_repaired, [&](const Release& first) {
    return release->major == first.major && release->minor == first.minor && *release >= first;
  });
}

// 3.1.0 came after the repair.
bool cuts_safely(const std::optional<Release>& release) { return release && *release >= cutting_repaired; }

std::string version_in(std::string_view info) {
  constexpr std::string_view key = "\nVersion: ";
  const auto from = info.find(key);
  if (from == std::string_view::npos) return {};
  const auto text = info.substr(from + key.size());
  return std::string{text.substr(0, text.find_first_of("\r\n"))};
}

std::string_view treatment(const std::optional<Release>& release) {
  if (deletes_safely(release)) return "servers of replicas that are gone are deleted";
  return "`del server` is not known to be safe in it, so servers of replicas that are gone stay in maintenance until "
         "the next replica takes them over (3.2.22, 3.4.4, 3.5.0 and later of each delete them)";
}

std::string describe(const std::optional<Release>& release) {
  const auto name = release ? fmt::format("HAProxy {}.{}.{}", release->major, release->minor, release->patch)
                            : std::string{"a HAProxy that does not say its release"};
  return fmt::format("{}; {}", name, treatment(release));
}

}  // namespace teal::haproxy
