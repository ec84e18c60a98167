// Under which process 1 a job runs. A script that is process 1 itself heeds no SIGTERM, and passes none on to what it
// runs.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace teal::docker {

// Makes docker-init (which is tini), and an image's own tini, pass a signal on to the whole process group: a shell that
// waits for its tool would otherwise keep it to itself until the tool has ended.
inline constexpr std::string_view signal_the_group = "TINI_KILL_PROCESS_GROUP";

// Of the engine's /version: it has a docker-init. Without one no container starts that asks for it.
[[nodiscard]] bool has_init(const boost::json::value& version);

// What the image begins with, or `command` where it has no entrypoint, is an init by its name. Such as s6-overlay's and
// systemd insist on being process 1. One that a script starts cannot be seen.
[[nodiscard]] bool brings_init(const boost::json::value& image, const std::vector<std::string>& command);

}  // namespace teal::docker
