#include "tests/sample_app/signals.hpp"

#include <sys/eventfd.h>
#include <unistd.h>
#include <csignal>

#include <cstdint>
#include <string_view>

namespace sample {
namespace {

int stop_fd = -1;
bool ignoring = false;
bool second_ends = false;
volatile std::sig_atomic_t signals_seen = 0;

void say(std::string_view text) { (void)!write(STDERR_FILENO, text.data(), text.size()); }

void on_signal(int) {
  signals_seen = signals_seen + 1;
  if (ignoring) {
    say("stop signal ignored (IGNORE_SIGTERM)\n");
    return;
  }
  if (signals_seen > 1) {
    say("second stop signal\n");
    // The default action would do nothing: the kernel protects process 1 of a container from it.
    if (second_ends) _exit(143);
    return;
  }
  say("stop signal: finishing what is in hand\n");
  const std::uint64_t one = 1;
  (void)!write(stop_fd, &one, sizeof one);
}

}  // namespace

int stop_descriptor(bool ignore, bool second_kills) {
  stop_fd = eventfd(0, EFD_CLOEXEC);
  ignoring = ignore;
  second_ends = second_kills;
  struct sigaction action{};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGINT, &action, nullptr);
  return stop_fd;
}

}  // namespace sample
