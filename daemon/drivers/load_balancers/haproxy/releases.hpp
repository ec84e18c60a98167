// Which HAProxy this is, and what may be asked of it without a crash.
//
// `del server` and `shutdown sessions server` have taken HAProxy down in the field: streams that still point at the
// server are not all counted (haproxy#2298, #2323, #2378, #3177). What a release has repaired is known from its
// CHANGELOG; one that is not known to have everything is taken for one that has nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace teal::haproxy {

struct Release {
  int major = 0;
  int minor = 0;
  int patch = 0;

  auto operator<=>(const Release&) const = default;
};

// Out of the answer to "show info": "Version: 2.6.12-1+deb12u4". None: it does not say, or is a development version.
[[nodiscard]] std::optional<Release> release_of(std::string_view info);

// The same as it stands there, for people: "2.6.12-1+deb12u4". Empty: it does not say.
[[nodiscard]] std::string version_in(std::string_view info);

// Whether it may be asked to delete a server that is in maintenance and has no sessions.
[[nodiscard]] bool deletes_safely(const std::optional<Release>& release);
// Whether it may be asked to cut the sessions of one server.
[[nodiscard]] bool cuts_safely(const std::optional<Release>& release);

// "HAProxy 2.6.12: …", for operators: whether servers are deleted, or kept and given to the next replica.
[[nodiscard]] std::string describe(const std::optional<Release>& release);
// The second half of it.
[[nodiscard]] std::string_view treatment(const std::optional<Release>& release);

}  // namespace teal::haproxy
