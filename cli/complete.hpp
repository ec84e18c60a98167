// Completion candidates for a command line, for the scripts of `teal completion`.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace teal::cli {

// The hidden verb that the scripts call: `teal __complete <words so far> <the word being typed>`.
inline constexpr std::string_view complete_verb = "__complete";

// "candidate<TAB>description" lines; the line ":files" stands for file names. Application names are asked from the
// daemon, for at most a second; nothing is said when it is not there.
[[nodiscard]] std::string complete(const CLI::App& app, const std::vector<std::string>& words,
                                   const std::string& server);

}  // namespace teal::cli
