// The command line as a function: arguments in, exit status out.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "cli/exit_status.hpp"
#include "cli/presentation/screen.hpp"

namespace teal::cli {

struct Streams {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

// `arguments` without the program's name. The server is `--server`, else the environment's TEAL_SERVER, else
// default_server.
[[nodiscard]] ExitStatus run(const std::vector<std::string>& arguments, const Streams& streams, const Screen& screen);

}  // namespace teal::cli
