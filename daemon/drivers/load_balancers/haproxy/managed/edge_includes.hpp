// What people add to the configuration of a managed HAProxy, in its own words: the files of the folder `include`.
//
// global.cfg, defaults.cfg, frontend.cfg, backend.cfg (every backend), backend.NAME.cfg (that one) and sections.cfg
// (sections of their own) are part of the configuration where they belong. HAProxy itself judges them beside all that
// Teal writes before any of it is taken over: what it refuses changes nothing.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "daemon/drivers/load_balancers/haproxy/managed/edge_files.hpp"
#include "daemon/drivers/load_balancers/haproxy/managed/edge_folder.hpp"

namespace teal::haproxy {

class EdgeIncludes {
 public:
  // `folder`: empty, there are none. `program`: HAProxy, a path or a name that is looked for in PATH.
  EdgeIncludes(EdgePlace place, std::string folder, std::string program)
      : place_(std::move(place)), folder_(std::move(folder)), program_(std::move(program)) {}

  // Whether the files are others than those that `read` saw last. Blocks.
  [[nodiscard]] bool has_changed() const;
  // Name → text. Blocks. Errors, naming the file: of the system; denied (others may change it); invalid (no such place,
  // too long, a section where none may begin).
  [[nodiscard]] Result<std::map<std::string, std::string>> read();
  // Whether HAProxy would load this state; one without includes it does. Blocks for as long as HAProxy takes to say.
  // Errors: invalid, with its own words and the file and line that they are about; not_found, there is no such program.
  [[nodiscard]] Result<void> judge(const EdgeState& state) const;

 private:
  using Stamps = std::map<std::string, FileStamp>;
  [[nodiscard]] Stamps stamps() const;

  EdgePlace place_;
  std::string folder_;
  std::string program_;
  Stamps seen_;
  bool has_read_ = false;
};

}  // namespace teal::haproxy
