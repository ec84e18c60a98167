#include "cli/build_info.hpp"

namespace teal::cli {

std::string_view build_version() { return TEAL_VERSION; }
std::string_view build_revision() { return TEAL_REVISION; }

}  // namespace teal::cli
