// teald: arguments in, exit status out.
#include <fmt/format.h>
#include <getopt.h>
#include <malloc.h>
#include <sys/prctl.h>

#include <csignal>
#include <exception>
#include <optional>
#include <string>

#include "daemon/app.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/runtime/build_info.hpp"

namespace {

constexpr int bad_file = 2;

constexpr auto usage = R"(teald: watches manifests and takes applications from version to version.
Usage: teald [--config FILE] [--check]

  --config FILE  the configuration; /etc/teal/teald.yaml if it is not given
  --check        validate the configuration and every manifest, then exit: 0 all well, 2 not
  --version      print the version and exit
  -h, --help     print this and exit
)";

struct Arguments {
  std::string config = "/etc/teal/teald.yaml";
  bool check = false;
};

// None: it has said what there is to say, and ends with `status`.
std::optional<Arguments> read_arguments(int argc, char** argv, int& status) {
  static constexpr option options[] = {{"help", no_argument, nullptr, 'h'},
                                       {"config", required_argument, nullptr, 'c'},
                                       {"check", no_argument, nullptr, 'k'},
                                       {"version", no_argument, nullptr, 'v'},
                                       {}};
  Arguments arguments;
  status = 0;
  for (int found = 0; (found = ::getopt_long(argc, argv, "h", options, nullptr)) != -1;) {
    if (found == 'c') {
      arguments.config = ::optarg;
    } else if (found == 'k') {
      arguments.check = true;
    } else if (found == 'v') {
      fmt::print("teald {} ({})\n", teal::runtime::build_version(), teal::runtime::build_revision());
      return std::nullopt;
    } else if (found == 'h') {
      fmt::print("{}", usage);
      return std::nullopt;
    } else {  // which getopt_long has named
      fmt::print(stderr, "Run with --help for more information.\n");
      status = bad_file;
      return std::nullopt;
    }
  }
  if (::optind == argc) return arguments;
  fmt::print(stderr, "teald: '{}' was not expected. Run with --help for more information.\n", argv[::optind]);
  status = bad_file;
  return std::nullopt;
}

int run(int argc, char** argv) {
  int status = 0;
  const auto arguments = read_arguments(argc, argv, status);
  if (!arguments) return status;
  const auto config = teal::config::load_config(arguments->config, teal::drivers::built_in_drivers());
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return bad_file;
  }
  if (arguments->check) return teal::daemon::check_manifests(*config);
  teal::runtime::Log log{config->log.format, config->log.level};
  return teal::daemon::run_daemon(*config, log);
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  // Programs that manifests name run as the same user: what teald holds in memory and was given in its environment is
  // not theirs to read in /proc, nor anybody's in a core file.
  ::prctl(PR_SET_DUMPABLE, 0);
  // What pool threads free goes to those that allocate next, not to a heap of each thread's own: with thousands of
  // manifests a tenth of the memory.
  ::mallopt(M_ARENA_MAX, 2);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "teald: internal error: {}\n", error.what());
    return 1;
  }
}
