// One line of a watch, with its end: {"type": …, "object": …}.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace teal::api {

[[nodiscard]] std::string watch_line(std::string_view type, boost::json::object object);

// Tells how far a watch of `kind` has come, and that it still lives.
[[nodiscard]] std::string bookmark_line(std::string_view kind, std::int64_t resource_version,
                                        std::string_view group_version = "teal/v1");
// The one after everything that was there when the watch began (`sendInitialEvents`).
[[nodiscard]] std::string end_of_beginning_line(std::string_view kind, std::int64_t resource_version,
                                                std::string_view group_version = "teal/v1");

}  // namespace teal::api
