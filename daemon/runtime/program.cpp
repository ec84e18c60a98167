#include "daemon/runtime/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include "daemon/runtime/descriptor.hpp"

extern "C" char** environ;

namespace teal::runtime {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t most_complaint = 1000;

struct Pipe {
  Descriptor reads;
  Descriptor writes;
  [[nodiscard]] bool open() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
    reads.take(ends[0]);
    writes.take(ends[1]);
    return true;
  }
};

struct Child {
  pid_t pid = -1;
  Pipe in;
  Pipe out;
  Pipe err;
};

Error cannot(const std::string& program, int number) {
  const auto code = number == ENOENT   ? ErrorCode::not_found
                    : number == EACCES ? ErrorCode::denied
                                       : ErrorCode::unavailable;
  return {code, fmt::format("{} cannot be run: {}", program, std::strerror(number))};
}

// "NAME=value" texts as a program takes them, wiped when they go.
class Variables {
 public:
  explicit Variables(const std::optional<masking::SecretEnvironment>& given) {
    if (!given) return;
    for (const auto& [name, value] : *given) texts_.emplace_back(fmt::format("{}={}", name, value.reveal()));
    for (const auto& text : texts_) all_.push_back(const_cast<char*>(text.reveal().c_str()));
    all_.push_back(nullptr);
  }
  [[nodiscard]] char** get() { return all_.empty() ? environ : all_.data(); }

 private:
  std::vector<masking::Secret> texts_;
  std::vector<char*> all_;
};

Result<void> spawn(const ProgramCall& call, Child& child) {
  if (!child.in.open() || !child.out.open() || !child.err.open()) return cannot(call.command.front(), errno);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, child.in.reads.number(), 0);
  posix_spawn_file_actions_adddup2(&files, child.out.writes.number(), 1);
  posix_spawn_file_actions_adddup2(&files, child.err.writes.number(), 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  std::vector<char*> arguments;
  for (const auto& one : call.command) arguments.push_back(const_cast<char*>(one.c_str()));
  arguments.push_back(nullptr);
  Variables variables{call.environment};
  const int failed = ::posix_spawnp(&child.pid, arguments[0], &files, &attributes, arguments.data(), variables.get());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return cannot(call.command.front(), failed);
  child.in.reads.close();
  child.out.writes.close();
  child.err.writes.close();
  // One that does not read what it is given must not hold us up.
  ::fcntl(child.in.writes.number(), F_SETFL, O_NONBLOCK);
  return {};
}

// Writes what the program is told and reads what it says until both its outputs are closed.
class Talk {
 public:
  Talk(const ProgramCall& call, Child& child) : call_(call), child_(child), end_(SteadyClock::now() + call.deadline) {}

  Result<void> run() {
    const auto& program = call_.command.front();
    std::string_view input = call_.input.reveal();
    if (input.empty()) child_.in.writes.close();
    while (child_.out.reads.is_open() || child_.err.reads.is_open()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - SteadyClock::now()).count();
      if (left <= 0) return late();
      if (is_stopping()) return stopped();
      std::array<pollfd, 3> polled{pollfd{child_.in.writes.number(), POLLOUT, 0},
                                   pollfd{child_.out.reads.number(), POLLIN, 0},
                                   pollfd{child_.err.reads.number(), POLLIN, 0}};
      if (::poll(polled.data(), polled.size(), static_cast<int>(std::min<long long>(left, 100))) < 0 &&
          errno != EINTR) {
        return cannot(program, errno);
      }
      if (polled[0].revents != 0) write(input);
      if (polled[1].revents != 0) read(child_.out.reads, output, call_.most_output + 1);
      if (polled[2].revents != 0) read(child_.err.reads, complaint, most_complaint);
      if (output.size() > call_.most_output) {
        return Error{ErrorCode::invalid, fmt::format("{} prints more than {} bytes", program, call_.most_output)};
      }
    }
    return {};
  }

  // It has closed its outputs; now it should end.
  Result<int> reap() {
    int status = 0;
    while (::waitpid(child_.pid, &status, WNOHANG) == 0) {
      if (SteadyClock::now() >= end_) return late();
      if (is_stopping()) return stopped();
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
    child_.pid = -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

  // Not grown while it is filled: that would leave a copy behind that nobody wipes.
  void reserve() {
    output.reserve(std::min<std::size_t>(call_.most_output + 1, 1 << 20));
    complaint.reserve(most_complaint);
  }

  std::string output;
  std::string complaint;

 private:
  [[nodiscard]] bool is_stopping() const { return call_.stopping != nullptr && call_.stopping->load(); }
  [[nodiscard]] Error stopped() const {
    return {ErrorCode::cancelled, fmt::format("{} was killed: teald stops", call_.command.front())};
  }
  [[nodiscard]] Error late() const {
    return {ErrorCode::timed_out, fmt::format("{} did not end within {}, it was killed", call_.command.front(),
                                              format_duration(call_.deadline))};
  }

  void write(std::string_view& input) {
    // It may have closed its end: the signal for that is blocked in this thread, see run_program.
    const auto count = ::write(child_.in.writes.number(), input.data(), input.size());
    if (count > 0) input.remove_prefix(static_cast<std::size_t>(count));
    if (input.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) child_.in.writes.close();
  }

  static void read(Descriptor& from, std::string& into, std::size_t most) {
    std::array<char, 4096> piece{};
    const auto count = ::read(from.number(), piece.data(), piece.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) return from.close();
    into.append(piece.data(), std::min(static_cast<std::size_t>(count), most - std::min(most, into.size())));
    ::explicit_bzero(piece.data(), piece.size());
  }

  const ProgramCall& call_;
  Child& child_;
  SteadyClock::time_point end_;
};

// A write to a pipe that nobody reads is to fail, not to end teald.
class NoBrokenPipe {
 public:
  NoBrokenPipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~NoBrokenPipe() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    const timespec now{};
    if (sigismember(&before_, SIGPIPE) == 0) {
      while (sigtimedwait(&set, nullptr, &now) > 0) continue;
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoBrokenPipe(const NoBrokenPipe&) = delete;
  NoBrokenPipe& operator=(const NoBrokenPipe&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Result<ProgramEnd> run_program(const ProgramCall& call) {
  const NoBrokenPipe guard;
  Child child;
  if (auto spawned = spawn(call, child); !spawned) return spawned.error();
  Talk talk{call, child};
  talk.reserve();
  const auto said = talk.run();
  auto status = said ? talk.reap() : Result<int>{said.error()};
  ProgramEnd end;
  end.output = masking::Secret{std::move(talk.output)};
  end.complaint = masking::Secret{std::move(talk.complaint)};
  if (child.pid > 0) {
    ::kill(-child.pid, SIGKILL);
    while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  if (!status) return status.error();
  end.status = *status;
  return end;
}

}  // namespace teal::runtime
