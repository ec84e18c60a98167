// Which files of a directory are manifests, by their names: for teald and for `teal validate DIRECTORY` alike.
#pragma once

#include <string_view>

namespace teal::yaml {

// *.yaml and *.yml in letters of any case (copied from Windows: SHOP.YAML), without the hidden, swap and backup files
// of editors. A name without its directory.
[[nodiscard]] bool is_manifest_name(std::string_view name);

}  // namespace teal::yaml
