#include "daemon/drivers/load_balancers/haproxy/managed/edge_process.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>

#include "daemon/drivers/load_balancers/haproxy/managed/edge_files.hpp"
#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/drivers/load_balancers/haproxy/stats.hpp"
#include "daemon/runtime/measured.hpp"

namespace teal::haproxy {
namespace {

using boost::asio::awaitable;
using namespace std::chrono_literals;

constexpr Duration edge_deadline = 2s;
constexpr std::size_t longest_line = 8000;

// Of a process that this machine shows: its name and its parent.
struct ProcessEntry {
  std::string name;
  int parent = 0;
};

ProcessEntry entry_of(const std::string& pid) {
  std::ifstream file{"/proc/" + pid + "/stat"};
  std::string text;
  std::getline(file, text);
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string::npos || close == std::string::npos || text.size() < close + 5) return {};
  ProcessEntry entry;
  entry.name = text.substr(open + 1, close - open - 1);
  const auto parent = text.substr(close + 4);
  std::from_chars(parent.data(), parent.data() + parent.size(), entry.parent);
  return entry;
}

// The master of this worker; 0: it cannot be seen from here.
int master_of(const std::string& pid) {
  const auto worker = entry_of(pid);
  if (worker.parent <= 1 || entry_of(std::to_string(worker.parent)).name != worker.name) return 0;
  return worker.parent;
}

bool has_other_workers(int master, const std::string& pid) {
  std::error_code error;
  for (const auto& each : std::filesystem::directory_iterator{"/proc", error}) {
    const auto name = each.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos || name == pid) continue;
    if (entry_of(name).parent == master) return true;
  }
  return static_cast<bool>(error);
}

std::string value_of(std::string_view answer, std::string_view variable) {
  const auto key = fmt::format("{}: type=str value=<", variable);
  const auto at = answer.find(key);
  if (at == std::string_view::npos) return {};
  const auto text = answer.substr(at + key.size());
  return std::string{text.substr(0, text.find('>'))};
}

// "0x55d0 key value"
std::map<std::string, std::string> map_in(std::string_view answer) {
  std::map<std::string, std::string> entries;
  while (!answer.empty()) {
    const auto line = answer.substr(0, answer.find('\n'));
    answer.remove_prefix(std::min(answer.size(), line.size() + 1));
    const auto key = line.find(' ');
    const auto value = key == std::string_view::npos ? key : line.find(' ', key + 1);
    if (!line.starts_with("0x") || value == std::string_view::npos) continue;
    entries.emplace(line.substr(key + 1, value - key - 1), line.substr(value + 1));
  }
  return entries;
}

}  // namespace

awaitable<Result<std::string>> EdgeProcess::ask(std::string_view operation, std::string line) {
  auto call = haproxy::ask(socket_, std::move(line), edge_deadline);
  return runtime::measured(telemetry_, "load_balancer", operation, std::move(call));
}

awaitable<Result<EdgeProcess::Identity>> EdgeProcess::look() {
  const auto answer = co_await ask("info", fmt::format("show info;get var {}", structure_variable));
  if (!answer) {
    co_return Error{answer.error().code,
                    fmt::format("{}; start HAProxy: systemctl start teal-edge, or haproxy -W -f {}/haproxy.cfg",
                                answer.error().message, std::filesystem::path{socket_}.parent_path().string())};
  }
  Identity identity;
  identity.process = read_info(*answer);
  identity.structure = value_of(*answer, structure_variable);
  identity.release = *answer;
  if (identity.process.pid.empty()) co_return Error{ErrorCode::invalid, "no HAProxy answers at " + socket_};
  co_return identity;
}

awaitable<Result<Slots>> EdgeProcess::servers(std::string backend, std::string pid) {
  const auto answer =
      co_await ask("servers", fmt::format("show info;show servers state {0};show stat {0} 4 -1", backend));
  if (!answer) co_return answer.error();
  if (read_info(*answer).pid != pid)
    co_return Error{ErrorCode::unavailable, "HAProxy was reloaded while it was looked at"};
  auto servers = parse_servers(*answer, backend);
  if (!servers) co_return servers.error();
  auto slots = as_slots(std::move(*servers));
  const auto connections = co_await ask("servers", "show servers conn " + backend);
  if (!connections) co_return connections.error();
  read_connections(*connections, slots);
  co_return slots;
}

awaitable<Result<void>> EdgeProcess::command(std::string_view operation, std::vector<std::string> lines) {
  std::string batch;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    batch += (batch.empty() ? "" : ";") + lines[i];
    if (i + 1 < lines.size() && batch.size() + lines[i + 1].size() < longest_line) continue;
    const auto answer = co_await ask(operation, std::move(batch));
    batch.clear();
    if (!answer) co_return answer.error();
    if (auto judged = judge(*answer); !judged) co_return judged;
  }
  co_return Result<void>{};
}

awaitable<Result<void>> EdgeProcess::readdress(std::string where, std::string address) {
  const auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  const auto moved =
      co_await ask("add", fmt::format("set server {} addr {} port {}", where, host, address.substr(colon + 1)));
  if (!moved) co_return moved.error();
  co_return judge_address(*moved);
}

awaitable<Result<void>> EdgeProcess::set_map(std::string path, std::map<std::string, std::string> entries) {
  const auto answer = co_await ask("map", "show map " + path);
  if (!answer) co_return answer.error();
  if (answer->starts_with("Unknown map"))
    co_return Error{ErrorCode::not_found, "HAProxy does not know the map " + path};
  const auto present = map_in(*answer);
  std::vector<std::string> lines;
  for (const auto& [key, value] : entries) {
    const auto found = present.find(key);
    if (found == present.end())
      lines.push_back(fmt::format("add map {} {} {}", path, key, value));
    else if (found->second != value)
      lines.push_back(fmt::format("set map {} {} {}", path, key, value));
  }
  for (const auto& [key, value] : present) {
    if (!entries.contains(key)) lines.push_back(fmt::format("del map {} {}", path, key));
  }
  co_return co_await command("map", std::move(lines));
}

awaitable<Result<void>> EdgeProcess::reload(std::string pid) {
  std::error_code ignored;
  if (std::filesystem::is_socket(master_, ignored)) {
    // Some releases answer, some close the connection: what the new process has says whether it worked.
    const auto told = co_await haproxy::ask(master_, "reload", edge_deadline);
    if (told || told.error().message.find("closed the connection") != std::string::npos) co_return Result<void>{};
  }
  const int master = master_of(pid);
  if (master == 0) {
    co_return Error{ErrorCode::denied,
                    "it runs without a master process that is seen from here, so teald cannot have it reloaded: start "
                    "it with -W, and with -S " +
                        master_ + " where teald is another user or in another container"};
  }
  if (::kill(master, SIGUSR2) != 0) {
    co_return Error{
        ErrorCode::denied,
        fmt::format("teald may not have it reloaded: start it with -S {}, or type kill -USR2 {}", master_, master)};
  }
  co_return Result<void>{};
}

awaitable<Result<std::map<std::string, int>>> EdgeProcess::old_requests(std::string backend, std::string pid) {
  std::error_code ignored;
  if (std::filesystem::is_socket(master_, ignored)) {
    auto sessions = co_await old_sessions(master_, pid, backend, edge_deadline);
    if (sessions) co_return sessions;
  }
  const int master = master_of(pid);
  if (master != 0 && !has_other_workers(master, pid)) co_return std::map<std::string, int>{};
  co_return Error{
      ErrorCode::unavailable,
      "a process that a reload has replaced still has requests, which only the master's socket would count (-S " +
          master_ + ")"};
}

}  // namespace teal::haproxy
