#include "tests/conformance/haproxy_process.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>
#include <thread>

#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "tests/support/await.hpp"

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string make_folder() {
  std::string pattern = "/tmp/teal-haproxy-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  fs::permissions(pattern, fs::perms{0755});
  return pattern;
}

// Only root may become another user.
std::string configuration(const HaproxyChoice& choice) {
  auto text = read_text(TEAL_SOURCE_DIR "/deploy/haproxy/haproxy.cfg");
  for (const auto& [old, now] : choice.edits) {
    const auto at = text.find(old);
    if (at == std::string::npos) throw std::runtime_error("deploy/haproxy/haproxy.cfg does not say: " + old);
    text.replace(at, old.size(), now);
  }
  if (::geteuid() == 0) return text;
  text = std::regex_replace(text, std::regex{"\n *(user|group) [^\n]*"}, "");
  return std::regex_replace(text, std::regex{" group haproxy"}, "");
}

}  // namespace

HaproxyProcess::HaproxyProcess(const HaproxyChoice& choice)
    : folder_(choice.folder.empty() ? make_folder() : choice.folder), owns_folder_(choice.folder.empty()) {
  if (!owns_folder_) {
    port_ = choice.port;
    start(choice);
    return;
  }
  std::ofstream{folder_ + "/haproxy.cfg"} << configuration(choice);
  // A port that looked free may be taken by the time HAProxy wants it.
  for (int attempt = 1;; ++attempt) {
    port_ = free_port();
    try {
      start(choice);
      return;
    } catch (const std::runtime_error&) {
      if (attempt == 3) {
        const auto log = read_text(folder_ + "/log");
        process_.reset();
        fs::remove_all(folder_);
        throw std::runtime_error("HAProxy does not start (is the package haproxy installed?): " + log);
      }
    }
  }
}

void HaproxyProcess::start(const HaproxyChoice& choice) {
  Program program;
  program.command = {choice.program, "-W", "-f", folder_ + "/haproxy.cfg"};
  if (choice.has_master_socket) program.command.insert(program.command.end(), {"-S", master_socket() + ",mode,600"});
  program.environment = {{"PATH", std::string{::getenv("PATH")} + ":/usr/sbin"},
                         {"TEAL_HAPROXY_SOCKET", socket()},
                         {"TEAL_HAPROXY_BIND", "127.0.0.1:" + std::to_string(port_)},
                         {"TEAL_HAPROXY_BACKEND", backend()},
                         {"TEAL_HAPROXY_HEALTH_PATH", "/check"}};
  program.output = program.errors = folder_ + "/log";
  process_ = std::make_unique<Process>(program);
  await_other_worker("");
}

HaproxyProcess::~HaproxyProcess() {
  process_->signal(SIGTERM);
  process_->wait(5s);
  process_.reset();
  std::error_code ignored;
  if (owns_folder_) fs::remove_all(folder_, ignored);
}

std::string HaproxyProcess::log() const { return read_text(folder_ + "/log"); }

std::string HaproxyProcess::ask(const std::string& command) const {
  boost::asio::io_context loop;
  const auto answer = await(loop, haproxy::ask(socket(), command, 2s));
  return answer ? *answer : "";
}

std::string HaproxyProcess::worker() const {
  std::smatch found;
  const auto info = ask("show info");
  return std::regex_search(info, found, std::regex{"\nPid: (\\d+)"}) ? found[1].str() : "";
}

void HaproxyProcess::await_other_worker(const std::string& before) {
  for (int i = 0; i < 1000 && process_->running(); ++i) {
    const auto now = worker();
    if (!now.empty() && now != before) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("HAProxy does not answer: " + read_text(folder_ + "/log"));
}

void HaproxyProcess::kill() {
  const auto child = worker();
  process_->signal(SIGKILL);
  if (!child.empty()) ::kill(std::stoi(child), SIGKILL);
  process_->wait(std::chrono::seconds{5});
}

void HaproxyProcess::reload() {
  const auto before = worker();
  // A master that has just begun, or still reloads, takes no order.
  for (int i = 0; i < 1000 && process_->running(); ++i) {
    if (i % 100 == 0) process_->signal(SIGUSR2);
    const auto now = worker();
    if (!now.empty() && now != before) return;
    std::this_thread::sleep_for(10ms);
  }
  throw std::runtime_error("HAProxy does not reload: " + read_text(folder_ + "/log"));
}

}  // namespace teal::test
