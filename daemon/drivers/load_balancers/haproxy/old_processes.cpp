#include "daemon/drivers/load_balancers/haproxy/old_processes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "daemon/drivers/load_balancers/haproxy/runtime_api.hpp"
#include "daemon/drivers/load_balancers/haproxy/slots.hpp"
#include "daemon/drivers/load_balancers/haproxy/stats.hpp"
#include "daemon/drivers/load_balancers/haproxy/wrong_socket.hpp"

namespace teal::haproxy {
namespace {

using boost::asio::awaitable;

std::string_view field_of(std::string_view info, std::string_view key) {
  const auto from = info.find(fmt::format("\n{}: ", key));
  if (from == std::string_view::npos) return {};
  const auto text = info.substr(from + key.size() + 3);
  return text.substr(0, text.find_first_not_of("0123456789"));
}

int number_of(std::string_view digits) {
  int value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// A worker that has ended in the meantime has nothing under way any more.
bool has_ended(std::string_view answer) { return answer.starts_with("Can't find the target"); }

struct OldWorker {
  ProcessInfo process;
  Slots slots;  // none when it has ended
};

Result<OldWorker> read_old_worker(std::string_view answer, const std::string& backend) {
  OldWorker worker;
  if (has_ended(answer)) return worker;
  // 3.2 says nothing of one that ends at this moment: then nobody counts, which is no fault of what teald.yaml names.
  if (answer.find_first_not_of(" \r\n") == std::string_view::npos)
    return Error{ErrorCode::unavailable, "an old process gave no answer"};
  worker.process = read_info(answer);
  if (worker.process.pid.empty()) return Error{ErrorCode::invalid, "an old process does not say who it is"};
  auto servers = parse_servers(answer, backend);
  if (!servers && servers.error().code == ErrorCode::not_found) return worker;
  if (!servers) return servers.error();
  worker.slots = as_slots(std::move(*servers));
  return worker;
}

std::map<std::string, int> sessions_of(const OldWorker& worker) {
  std::map<std::string, int> sessions;
  for (const auto& server : by_replica(worker.slots)) {
    const int idle = server.up ? worker.process.connections : 0;
    const int count = std::max(server.sessions.value_or(0), idle);
    if (count > 0) sessions[server.name] += count;
  }
  return sessions;
}

// The same questions to a worker, each through the master.
std::string through_master(std::string_view pid, std::string_view questions) {
  std::string line;
  for (auto rest = questions; !rest.empty();) {
    const auto question = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), question.size() + 1));
    line += fmt::format("{}@!{} {}", line.empty() ? "" : ";", pid, question);
  }
  return line;
}

// One worker is asked through the master: for its servers, then whose they are. A frontend of the same name hides the
// backend's statistics, which are then found among those of all.
awaitable<Result<std::map<std::string, int>>> ask_old_worker(std::string master_path, std::string pid,
                                                             std::string backend, Duration deadline) {
  Result<OldWorker> worker = Error{ErrorCode::conflict, "not asked"};
  for (const auto* proxy : {backend.c_str(), "-1"}) {
    const auto questions = fmt::format("show info;show servers state {};show stat {} 4 -1", backend, proxy);
    const auto answer = co_await ask(master_path, through_master(pid, questions), deadline);
    if (!answer) co_return answer.error();
    worker = read_old_worker(*answer, backend);
    if (worker || worker.error().code != ErrorCode::conflict) break;
  }
  if (!worker) co_return worker.error();
  std::string answers;
  for (const auto& questions : tenancy_questions(backend, worker->slots)) {
    const auto answer = co_await ask(master_path, through_master(pid, questions), deadline);
    if (!answer) co_return answer.error();
    if (has_ended(*answer)) co_return std::map<std::string, int>{};
    answers += *answer;
  }
  if (auto known = read_tenancies(backend, answers, worker->slots); !known) co_return known.error();
  co_return sessions_of(*worker);
}

}  // namespace

ProcessInfo read_info(std::string_view info) {
  ProcessInfo read;
  read.pid = field_of(info, "Pid");
  read.uptime = std::chrono::seconds{number_of(field_of(info, "Uptime_sec"))};
  read.connections = number_of(field_of(info, "CurrConns"));
  return read;
}

Result<std::vector<std::string>> read_workers(std::string_view answer) {
  std::vector<std::string> workers;
  bool has_master = false;
  for (auto rest = answer; !rest.empty();) {
    const auto line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    const auto pid = line.substr(0, line.find(' '));
    const auto after = line.substr(pid.size());
    const auto kind = after.substr(std::min(after.size(), after.find_first_not_of(' ')));
    if (!is_digits(pid)) continue;
    has_master = has_master || kind.starts_with("master");
    if (kind.starts_with("worker")) workers.emplace_back(pid);
  }
  if (!has_master || !answer.starts_with('#')) return Error{ErrorCode::invalid, "it lists no processes"};
  return workers;
}

awaitable<Result<std::map<std::string, int>>> old_sessions(std::string master_path, std::string present,
                                                           std::string backend, Duration deadline) {
  const auto answer = co_await ask(master_path, "show proc", deadline);
  if (!answer) co_return answer.error();
  const auto workers = read_workers(*answer);
  if (!workers) {
    auto why = co_await not_a_master(master_path, *answer, deadline);
    co_return Error{ErrorCode::invalid, std::move(why)};
  }
  if (std::ranges::find(*workers, present) == workers->end()) {
    co_return Error{ErrorCode::conflict,
                    fmt::format("haproxy.master unix:{} is the master of another HAProxy: it does not list process {}, "
                                "which answers at haproxy.socket; name the socket of `haproxy -W -S …` of this one",
                                master_path, present)};
  }
  std::map<std::string, int> sessions;
  for (const auto& pid : *workers) {
    if (pid == present) continue;
    const auto old = co_await ask_old_worker(master_path, pid, backend, deadline);
    if (!old) co_return within("old process " + pid, old.error());
    for (const auto& [name, count] : *old) sessions[name] += count;
  }
  co_return sessions;
}

}  // namespace teal::haproxy
