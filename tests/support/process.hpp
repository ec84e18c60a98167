// A program that a test starts, watches and stops by its own pid. It dies with the test.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace teal::test {

struct Program {
  std::vector<std::string> command;                              // an absolute path or a name in PATH first
  std::vector<std::pair<std::string, std::string>> environment;  // beside the test's own
  std::string input;                                             // file for standard input; empty: none
  std::string output;  // file that standard output is appended to; empty: nowhere
  std::string errors;  // likewise; may be the same file
};

class Process {
 public:
  // Throws std::runtime_error when it cannot be started.
  explicit Process(const Program& program);
  ~Process();  // SIGKILL when it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running() { return !wait(std::chrono::milliseconds{0}); }
  void signal(int number);
  // The exit code, or 128 plus the signal that ended it; none while it runs.
  std::optional<int> wait(std::chrono::milliseconds limit);

 private:
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Output {
  int status = 0;
  std::string text;  // standard output and standard error
};

// Runs a program to its end, for at most `limit`; then it is killed and the status is 137.
Output run_to_end(const std::vector<std::string>& command, const std::string& scratch_folder,
                  std::chrono::milliseconds limit = std::chrono::seconds{30});

[[nodiscard]] std::string read_text(const std::string& path);
[[nodiscard]] int free_port();  // on 127.0.0.1

}  // namespace teal::test
