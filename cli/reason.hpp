// --reason "…": why somebody changes something, for the audit.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace teal::cli {

inline constexpr std::size_t longest_reason = 1024;  // bytes

// Declares the option, which refuses what the server would: control characters, what is no UTF-8, an empty or long
// text.
[[nodiscard]] std::shared_ptr<std::string> reason_option(CLI::App& options);

// "/x?dryRun=All" → "/x?dryRun=All&reason=…", percent-encoded; as it is without a reason.
[[nodiscard]] std::string with_reason(std::string target, std::string_view reason);

}  // namespace teal::cli
