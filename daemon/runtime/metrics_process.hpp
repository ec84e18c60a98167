// The standard process_* metrics of this process, from the kernel.
#pragma once

namespace teal::runtime {

struct ProcessFigures {
  double cpu_seconds = 0;  // user and system, since the start
  double open_fds = 0;
  double max_fds = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
  double start_seconds = 0;  // since 1970
};

// From /proc; what cannot be read stays 0.
[[nodiscard]] ProcessFigures read_process_figures();

}  // namespace teal::runtime
