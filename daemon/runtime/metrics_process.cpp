#include "daemon/runtime/metrics_process.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace teal::runtime {
namespace {

// Fields of /proc/self/stat from the third on; the second, the name, may hold spaces and parentheses.
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  std::getline(file, line);
  const auto end = line.rfind(')');
  std::vector<double> fields;
  if (end == std::string::npos || end + 4 > line.size()) return fields;
  std::istringstream rest(line.substr(end + 4));  // after ") S "
  double value = 0;
  while (rest >> value) fields.push_back(value);
  return fields;
}

double boot_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  double value = 0;
  while (file >> word) {
    if (word == "btime" && file >> value) return value;
  }
  return 0;
}

}  // namespace

ProcessFigures read_process_figures() {
  ProcessFigures figures;
  const auto fields = stat_fields();  // fields[0] is field 4 of proc(5)
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  if (fields.size() > 20) {
    figures.cpu_seconds = (fields[10] + fields[11]) / ticks;
    static const double boot = boot_seconds();
    figures.start_seconds = boot + fields[18] / ticks;
    figures.virtual_bytes = fields[19];
    figures.resident_bytes = fields[20] * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    ++figures.open_fds;
  }
  if (figures.open_fds > 0) --figures.open_fds;  // the one that counted them
  struct rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) figures.max_fds = static_cast<double>(limit.rlim_cur);
  return figures;
}

}  // namespace teal::runtime
