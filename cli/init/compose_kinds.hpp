// Of what kind the values of a service in a Compose file are: what is of another one is said with its place, not passed
// over.
#pragma once

#include "cli/init/compose_service.hpp"

namespace teal::cli {

// Keys that Teal has no word for may hold anything. Error: invalid, with file and line.
[[nodiscard]] Result<void> check_kinds(const ComposeFile& file, const yaml::Entry& service);

}  // namespace teal::cli
