#include "tests/support/process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace teal::test {
namespace {

constexpr int cannot_execute = 127;

void redirect(int target, const std::string& path, int flags) {
  const int fd = ::open(path.empty() ? "/dev/null" : path.c_str(), flags | O_CLOEXEC, 0644);
  if (fd < 0 || ::dup2(fd, target) < 0) ::_exit(cannot_execute);
}

}  // namespace

Process::Process(const Program& program) {
  if (program.command.empty()) throw std::runtime_error("no command");
  std::vector<char*> arguments;
  for (const auto& word : program.command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("fork failed");
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    redirect(STDIN_FILENO, program.input, O_RDONLY);
    redirect(STDOUT_FILENO, program.output, O_WRONLY | O_CREAT | O_APPEND);
    redirect(STDERR_FILENO, program.errors, O_WRONLY | O_CREAT | O_APPEND);
    for (const auto& [name, value] : program.environment) ::setenv(name.c_str(), value.c_str(), 1);
    ::execvp(arguments.front(), arguments.data());
    ::_exit(cannot_execute);
  }
}

Process::~Process() {
  if (!running()) return;
  signal(SIGKILL);
  wait(std::chrono::seconds{10});
}

void Process::signal(int number) {
  if (running()) ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!status_) {
    int status = 0;
    const auto got = ::waitpid(pid_, &status, WNOHANG);
    if (got == pid_) {
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    } else if (got < 0) {
      status_ = -1;
    } else if (std::chrono::steady_clock::now() >= end) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(std::chrono::milliseconds{2});
    }
  }
  return status_;
}

Output run_to_end(const std::vector<std::string>& command, const std::string& scratch_folder,
                  std::chrono::milliseconds limit) {
  static int number = 0;
  const auto file = scratch_folder + "/output-" + std::to_string(++number);
  Process process{Program{command, {}, "", file, file}};
  Output result;
  auto status = process.wait(limit);
  if (!status) {
    process.signal(SIGKILL);
    status = process.wait(std::chrono::seconds{10});
  }
  result.status = status.value_or(-1);
  result.text = read_text(file);
  std::filesystem::remove(file);
  return result;
}

std::string read_text(const std::string& path) {
  std::ifstream stream{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool well = fd >= 0 && ::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (fd >= 0) ::close(fd);
  if (!well) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

}  // namespace teal::test
