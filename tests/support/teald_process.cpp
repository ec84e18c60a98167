#include "tests/support/teald_process.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace teal::test {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
namespace {

gid_t group_of(const std::string& path) {
  struct ::stat status{};
  if (::stat(path.c_str(), &status) != 0) throw std::runtime_error("no " + path);
  return status.st_gid;
}

void give(const std::string& path, uid_t user) {
  if (::lchown(path.c_str(), user, user) != 0) throw std::runtime_error("cannot give away " + path);
}

}  // namespace

void give_all(const std::string& folder, uid_t user) {
  give(folder, user);
  for (const auto& entry : fs::recursive_directory_iterator{folder}) give(entry.path(), user);
}

Teald::Teald(TealdSettings settings) : settings_(std::move(settings)), port_(free_port()) {
  fs::create_directories(manifests());
  write_config();
  if (settings_.user != 0) give_all(settings_.folder, settings_.user);
  rest_ = std::make_unique<Rest>(url());
}

void Teald::write_config() const {
  auto haproxy = settings_.managed_haproxy;
  if (haproxy.empty()) {
    const auto url = settings_.haproxy_url.empty() ? "" : fmt::format(", url: \"{}\"", settings_.haproxy_url);
    const auto master =
        settings_.haproxy_master.empty() ? "" : fmt::format(", master: \"unix:{}\"", settings_.haproxy_master);
    haproxy = fmt::format("{{socket: \"unix:{}\"{}{}}}", settings_.haproxy_socket, url, master);
  }
  std::ofstream{config()} << fmt::format(
      "apiVersion: teal/v1\n"
      "kind: DaemonConfig\n"
      "manifests: {0}/manifests\n"
      "store: {{sqlite: {0}/teal.db}}\n"
      "api:\n"
      "  listen: [\"unix:{0}/teal.sock\", \"127.0.0.1:{1}\"]\n{5}"
      "engines:\n"
      "  - {{name: local, docker: {{host: \"unix://{2}\"}}{6}}}\n"
      "loadBalancers:\n"
      "  - {{name: edge, haproxy: {3}}}\n"
      "log: {{format: json, level: info}}\n{4}",
      settings_.folder, port_, settings_.docker_socket, haproxy, settings_.more, settings_.more_api,
      settings_.engine_more);
}

void Teald::launch() {
  const auto program = settings_.program.empty() ? std::string{TEAL_BIN_DIR "/teald"} : settings_.program;
  std::vector<std::string> command{program, "--config", config()};
  std::vector<std::pair<std::string, std::string>> environment;
  if (settings_.user != 0) {
    const auto before = without_rights();
    command.insert(command.begin(), before.begin(), before.end());
    environment.emplace_back("HOME", settings_.folder);
  }
  if (settings_.open_files > 0) {
    command.insert(command.begin(), {"prlimit", fmt::format("--nofile={0}:{0}", settings_.open_files)});
  }
  process_ = std::make_unique<Process>(Program{command, environment, "", log_file(), log_file()});
}

// As deploy/systemd/teald.service: User, SupplementaryGroups, CapabilityBoundingSet, AmbientCapabilities,
// NoNewPrivileges.
std::vector<std::string> Teald::without_rights() const {
  return {"setpriv",
          fmt::format("--reuid={}", settings_.user),
          fmt::format("--regid={}", settings_.user),
          fmt::format("--groups={},{}", group_of(settings_.docker_socket), group_of(settings_.haproxy_socket)),
          "--bounding-set=-all",
          "--inh-caps=-all",
          "--ambient-caps=-all",
          "--no-new-privs",
          "--pdeathsig=KILL"};
}

void Teald::start() {
  launch();
  wait_until_ready();
}

void Teald::wait_until_ready() {
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (std::chrono::steady_clock::now() < end && running()) {
    const auto answer = rest_->request("GET", "/readyz");
    if (answer && answer->status == 200) return;
    std::this_thread::sleep_for(5ms);
  }
  throw std::runtime_error("teald does not get ready:\n" + log_tail(20));
}

void Teald::kill() {
  process_->signal(SIGKILL);
  process_->wait(10s);
}

int Teald::stop() {
  process_->signal(SIGTERM);
  const auto status = process_->wait(10s);
  if (!status) throw std::runtime_error("teald does not end on SIGTERM:\n" + log_tail(20));
  return *status;
}

std::string Teald::log_tail(std::size_t lines) const {
  const auto text = read_text(log_file());
  auto begin = text.size();
  for (std::size_t found = 0; begin > 0; --begin) {
    if (text[begin - 1] == '\n' && found++ == lines) break;
  }
  return text.substr(begin);
}

void Teald::save(const std::string& file, const std::string& text) const {
  const auto beside = settings_.folder + "/" + file + ".new";
  {
    std::ofstream stream{beside, std::ios::binary};
    stream << text;
  }
  fs::rename(beside, manifests() + "/" + file);
}

}  // namespace teal::test
