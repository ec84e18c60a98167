#include "tests/unit/cli/fake_teald.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace teal::cli {
namespace {

std::string make_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "teal-cli-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  return name;
}

std::string read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// False when the other side closed first.
bool receive(int connection, std::string& into) {
  char piece[4096];
  const auto count = recv(connection, piece, sizeof piece, 0);
  if (count <= 0) return false;
  into.append(piece, std::size_t(count));
  return true;
}

std::size_t content_length(const std::string& headers) {
  const auto at = headers.find("Content-Length: ");
  return at == std::string::npos ? 0 : std::stoul(headers.substr(at + 16));
}

}  // namespace

std::string http_answer(int status, const std::string& body, const std::string& type) {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Type: " + type +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

std::string http_failure(int status, const std::string& message) {
  return http_answer(status, R"({"kind":"Status","apiVersion":"v1","status":"Failure","reason":"X","message":")" +
                                 message + R"(","code":)" + std::to_string(status) + "}");
}

FakeTeald::FakeTeald(std::function<std::string(const Asked&)> answer)
    : answer_(std::move(answer)), folder_(make_folder()), path_(folder_ + "/teal.sock") {
  start();
}

FakeTeald::~FakeTeald() {
  stop();
  std::filesystem::remove_all(folder_);
}

std::vector<Asked> FakeTeald::asked() const {
  const std::lock_guard lock{mutex_};
  return asked_;
}

void FakeTeald::start() {
  stopping_ = false;
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_.c_str(), sizeof address.sun_path - 1);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || listen(listener_, 16) != 0) {
    throw std::runtime_error("listen on " + path_);
  }
  thread_ = std::thread{[this] { serve(); }};
}

void FakeTeald::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  if (listener_ >= 0) close(listener_);
  listener_ = -1;
  std::filesystem::remove(path_);
}

void FakeTeald::serve() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, 20) <= 0) continue;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    serve_one(connection);
    close(connection);
  }
}

void FakeTeald::serve_one(int connection) {
  std::string text;
  while (text.find("\r\n\r\n") == std::string::npos) {
    if (!receive(connection, text)) return;
  }
  const auto end = text.find("\r\n\r\n") + 4;
  while (text.size() < end + content_length(text.substr(0, end))) {
    if (!receive(connection, text)) return;
  }
  const Asked asked{text.substr(0, text.find(" HTTP/")), text.substr(0, end), text.substr(end)};
  {
    const std::lock_guard lock{mutex_};
    asked_.push_back(asked);
  }
  const auto answer = answer_(asked);
  for (std::size_t sent = 0; sent < answer.size();) {
    const auto count = send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return;
    sent += std::size_t(count);
  }
}

Outcome run_teal(const std::vector<std::string>& arguments, const std::string& input,
                 const std::vector<std::string>& environment) {
  const Folder folder;
  const auto in = folder.write("in", input);
  const auto out = folder.write("out", "");
  const auto err = folder.write("err", "");
  std::vector<std::string> words{TEAL_BIN_DIR "/teal"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto variables = environment;
  variables.emplace_back("LC_ALL=C.UTF-8");  // the first of a name counts
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::vector<char*> envp;
  for (auto& variable : variables) envp.push_back(variable.data());
  envp.push_back(nullptr);

  const pid_t child = fork();
  if (child == 0) {
    dup2(open(in.c_str(), O_RDONLY), STDIN_FILENO);
    dup2(open(out.c_str(), O_WRONLY), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY), STDERR_FILENO);
    execve(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  int state = 0;
  bool ended = false;
  for (int i = 0; i < 3000 && !ended; ++i) {
    ended = waitpid(child, &state, WNOHANG) == child;
    if (!ended) std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  if (!ended) {
    kill(child, SIGKILL);
    waitpid(child, &state, 0);
  }
  return {ended && WIFEXITED(state) ? WEXITSTATUS(state) : -1, read_file(out), read_file(err)};
}

Folder::Folder() : path_(make_folder()) {}
Folder::~Folder() { std::filesystem::remove_all(path_); }

std::string Folder::write(const std::string& name, const std::string& text) const {
  auto path = path_ + '/' + name;
  std::ofstream{path, std::ios::binary} << text;
  return path;
}

}  // namespace teal::cli
