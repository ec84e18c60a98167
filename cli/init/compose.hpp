// A file of Docker Compose, read for `teal init`.
//
// Read with the manifests' own YAML tree, so anchors, merge keys and positions are its own; x-… keys are passed over.
// Whatever a service has that no manifest can say is a remark with file and line. Files that it names (.env, env_file)
// are read; nothing of them is in a remark or an error.
#pragma once

#include <string>
#include <vector>

#include "cli/init/interpolate.hpp"
#include "cli/init/services.hpp"

namespace teal::cli {

struct Composition {
  std::string project;  // the file's `name`, or that of its folder
  std::vector<Service> services;
  std::vector<Remark> remarks;
};

// `wanted`: these services only; empty: all that are in no profile. `environment`: of this process, which goes before
// .env. Errors: invalid (with file and line), not_found.
[[nodiscard]] Result<Composition> read_compose(const std::string& path, const std::vector<std::string>& wanted,
                                               const Lookup& environment);

}  // namespace teal::cli
