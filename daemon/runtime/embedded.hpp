// Text files embedded in the binary at build time: (file name, contents), sorted by name.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

namespace teal::embedded {

using File = std::pair<std::string_view, std::string_view>;
using Files = std::pair<const File*, std::size_t>;

Files sqlite_migrations();  // migrations/sqlite/*.sql
Files web_files();          // daemon/web/*
// Of the command line.
Files troubleshooting();     // docs/troubleshooting.md
Files first_teald_config();  // deploy/package/etc/teald.yaml
Files application_schema();  // manifests/schema/application.schema.json

}  // namespace teal::embedded
