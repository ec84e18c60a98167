// One service of a Compose file. Private to compose.
#pragma once

#include <set>
#include <string>

#include "cli/init/interpolate.hpp"
#include "cli/init/services.hpp"
#include "manifests/parse/tree.hpp"

namespace teal::cli {

struct ComposeFile {
  std::string name;       // as remarks show it
  std::string directory;  // absolute
  Lookup variables;
  std::string project;
};

// `node`: interpolated already. Errors: invalid, not_found (a file that it names), with file and line.
[[nodiscard]] Result<Service> compose_service(const ComposeFile& file, const yaml::Entry& entry);

// "docker-compose.yml:12"
[[nodiscard]] std::string place_in(const ComposeFile& file, yaml::Position position);

[[nodiscard]] const yaml::Node* compose_member(const yaml::Node& mapping, std::string_view key);

// "512m", "1.5gb", "1073741824", as Docker means them: 1 KB is 1024 bytes.
[[nodiscard]] std::optional<std::int64_t> docker_bytes(std::string_view text);

}  // namespace teal::cli
