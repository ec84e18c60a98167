// teald: arguments in, exit status out.
#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "daemon/app.hpp"
#include "daemon/drivers/drivers.hpp"
#include "daemon/runtime/build_info.hpp"

namespace {

constexpr int bad_file = 2;

int run(int argc, char** argv) {
  CLI::App arguments{"The deployment orchestrator: watches manifests and takes applications from version to version."};
  std::string config_path = "/etc/teal/teald.yaml";
  bool check = false;
  arguments.add_option("--config", config_path, "The daemon's configuration")->capture_default_str();
  arguments.add_flag("--check", check, "Validate the configuration and every manifest, then exit: 0 all well, 2 not");
  arguments.set_version_flag(
      "--version", fmt::format("teald {} ({})", teal::runtime::build_version(), teal::runtime::build_revision()));
  try {
    arguments.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return arguments.exit(error) == 0 ? 0 : bad_file;
  }

  const auto config = teal::config::load_config(config_path, teal::drivers::built_in_drivers());
  if (!config) {
    fmt::print(stderr, "{}\n", config.error().message);
    return bad_file;
  }
  if (check) return teal::daemon::check_manifests(*config);
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
