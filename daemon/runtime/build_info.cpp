#include "daemon/runtime/build_info.hpp"

namespace teal::runtime {

std::string_view build_version() { return TEAL_VERSION; }
std::string_view build_revision() { return TEAL_REVISION; }

}  // namespace teal::runtime
