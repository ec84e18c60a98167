#include "tests/benchmark/scale/crowd.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace teal::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

std::string new_folder(int count) {
  const auto folder = fs::temp_directory_path() / fmt::format("teal-scale-{}-{}", ::getpid(), count);
  fs::create_directories(folder / "manifests");
  return folder;
}

Program stand_in(const std::string& name, const std::string& folder, std::vector<std::string> more) {
  std::vector<std::string> command{TEAL_BIN_DIR "/" + name};
  command.insert(command.end(), more.begin(), more.end());
  return {command, {}, "", folder + "/" + name + ".log", folder + "/" + name + ".log"};
}

void await_file(const std::string& path) {
  for (int i = 0; i < 1000 && !fs::exists(path); ++i) std::this_thread::sleep_for(10ms);
  if (!fs::exists(path)) throw std::runtime_error("nobody listens at " + path);
}

}  // namespace

Crowd::Crowd(CrowdSettings settings)
    : folder_(new_folder(settings.count)),
      settings_(std::move(settings)),
      engine_(stand_in("docker_stand_in", folder_, {"--socket", folder_ + "/engine.sock"})),
      balancer_(stand_in("haproxy_stand_in", folder_, {"--socket", folder_ + "/haproxy.sock", "--backends", "app-"})),
      engine_api_("unix:" + folder_ + "/engine.sock") {
  for (int i = 0; i < settings_.count; ++i) write(i, 0, "none");
  await_file(folder_ + "/engine.sock");
  await_file(folder_ + "/haproxy.sock");
}

Crowd::~Crowd() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string Crowd::name_of(int number) { return fmt::format("app-{:05}", number); }

std::string Crowd::version_of(int version) { return fmt::format("1.0.{}", version); }

TealdSettings Crowd::teald(bool is_bounded) const {
  TealdSettings settings;
  settings.folder = folder_;
  settings.docker_socket = folder_ + "/engine.sock";
  settings.haproxy_socket = folder_ + "/haproxy.sock";
  settings.program = settings_.program;
  if (!is_bounded) settings.engine_more = ", concurrency: {starts: 64, pulls: 64, migrations: 64}";
  return settings;
}

void Crowd::write(int number, int version, const std::string& change) const {
  const auto name = name_of(number);
  std::ofstream{fmt::format("{}/manifests/{}.yaml", folder_, name)} << fmt::format(
      "apiVersion: teal/v1\nkind: Application\nmetadata: {{name: {0}, labels: {{team: scale, change: {1}}}}}\n"
      "spec:\n  version: \"{2}\"\n  image: registry.example/scale/{0}\n  components:\n"
      "    - name: api\n      replicas: 2\n      port: 8000\n      env: {{LOG_LEVEL: info}}\n"
      "      health: {{interval: {3}, successes: 1}}\n"
      "      loadBalancer: {{name: edge, backend: {0}, drain: 1s}}\n"
      "    - {{name: worker}}\n"
      "  rollout: {{bake: 0s}}\n",
      name, change, version_of(version), settings_.interval);
}

void Crowd::pace(double of) {
  if (!engine_api_.request("POST", fmt::format("/stand-in/pace?of={}", of)))
    throw std::runtime_error("the engine's stand-in does not answer");
}

long Crowd::engine(const std::string& what) {
  const auto answer = engine_api_.request("GET", "/stand-in/counts");
  if (!answer) throw std::runtime_error("the engine's stand-in does not answer");
  std::istringstream lines{answer->text};
  long number = 0;
  for (std::string name; lines >> name >> number;) {
    if (name == what) return number;
  }
  return 0;
}

bool Crowd::is_whole() {
  const long all = long{containers_each} * settings_.count;
  return engine("running") == all && engine("containers") == all;
}

long Crowd::engine_requests() {
  long sum = 0;
  for (const auto* kind : {"list", "container", "create", "image", "pull", "engine", "events"}) sum += engine(kind);
  return sum;
}

long Crowd::balancer_commands() const {
  const int file = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, (folder_ + "/haproxy.sock").c_str(), sizeof address.sun_path - 1);
  std::array<char, 64> answer{};
  constexpr std::string_view question = "stand-in counts\n";
  if (::connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(file, question.data(), question.size(), MSG_NOSIGNAL) > 0)
    (void)::recv(file, answer.data(), answer.size() - 1, 0);
  ::close(file);
  return std::atol(answer.data());
}

}  // namespace teal::test
