#include "tests/support/haproxy_stand_in/runtime.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace teal::test::stand_in {

namespace asio = boost::asio;
using asio::awaitable;
using asio::ip::tcp;
using namespace std::chrono_literals;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

constexpr std::string_view state_columns =
    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight "
    "srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state "
    "bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr "
    "srv_agent_addr srv_agent_port\n";
constexpr std::string_view stat_columns =
    "# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,dreq,dresp,ereq,econ,eresp,wretr,wredis,status,weight,act,"
    "bck,chkfail,chkdown,lastchg,downtime,qlimit,pid,iid,sid,throttle,lbtot,tracked,type,rate,rate_lim,rate_max,"
    "check_status,check_code,check_duration,hrsp_1xx,hrsp_2xx,hrsp_3xx,hrsp_4xx,hrsp_5xx,hrsp_other,hanafail,req_rate,"
    "req_rate_max,req_tot,cli_abrt,srv_abrt,comp_in,comp_out,comp_byp,comp_rsp,lastsess,last_chk,last_agt,qtime,ctime,"
    "rtime,ttime,agent_status,agent_code,agent_duration,check_desc,agent_desc,check_rise,check_fall,check_health,"
    "agent_rise,agent_fall,agent_health,addr,cookie,mode,algo,conn_rate,conn_rate_max,conn_tot,intercepted,dcon,dses,"
    "wrew,connect,reuse,cache_lookups,cache_hits,srv_icur,src_ilim,qtime_max,ctime_max,rtime_max,ttime_max,eint,"
    "idle_conn_cur,safe_conn_cur,used_conn_cur,need_conn_est,uweight,agg_server_status,agg_server_check_status,"
    "agg_check_status,\n";

// What is not named is empty, as HAProxy leaves out what does not apply.
std::string stat_row(const std::map<std::string_view, std::string>& cells) {
  std::string row;
  auto columns = stat_columns.substr(2, stat_columns.size() - 3);
  while (!columns.empty()) {
    const auto end = columns.find(',');
    const auto found = cells.find(columns.substr(0, end));
    if (found != cells.end()) row += found->second;
    row += ',';
    columns.remove_prefix(end + 1);
  }
  return row + "\n";
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0) words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string word(const std::vector<std::string>& words, std::size_t at) {
  return at < words.size() ? words[at] : std::string{};
}

unsigned admin_state(const BackendServer& server) {
  switch (server.admin) {
    case BackendServer::Admin::Ready:
      return 0;
    case BackendServer::Admin::Drain:
      return 8;
    case BackendServer::Admin::Maintenance:
      break;
  }
  return 1;
}

std::string status_of(const BackendServer& server) {
  if (server.admin == BackendServer::Admin::Maintenance) return "MAINT";
  if (!server.is_up) return "DOWN";
  return server.admin == BackendServer::Admin::Drain ? "DRAIN" : "UP";
}

awaitable<std::string> checked(tcp::endpoint place, std::string request) {
  tcp::socket socket{co_await asio::this_coro::executor};
  const auto [refused] = co_await socket.async_connect(place, as_result);
  if (refused) co_return "L4CON";
  const auto [unsent, sent] = co_await asio::async_write(socket, asio::buffer(request), as_result);
  std::array<char, 512> answer{};
  if (unsent) co_return "L7TOUT";
  const auto [silent, size] = co_await socket.async_read_some(asio::buffer(answer), as_result);
  if (silent) co_return "L7TOUT";
  const std::string_view text{answer.data(), size};
  co_return text.starts_with("HTTP/1.1 2") || text.starts_with("HTTP/1.1 3") ? "L7OK" : "L7STS";
}

}  // namespace

Runtime::Runtime(asio::any_io_executor executor, std::function<bool(const std::string&)> has_backend,
                 std::string check_path)
    : executor_(std::move(executor)),
      has_backend_(std::move(has_backend)),
      check_path_(std::move(check_path)),
      began_(std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count()) {}

std::string Runtime::answer(std::string_view line) {
  std::string text;
  while (!line.empty()) {
    const auto end = std::min(line.find(';'), line.size());
    auto command = std::string{line.substr(0, end)};
    line.remove_prefix(std::min(end + 1, line.size()));
    while (command.starts_with(' ')) command.erase(0, 1);
    ++commands_;
    text += run(command);
  }
  return text;
}

std::string Runtime::run(const std::string& command) {
  const auto words = words_of(command);
  const auto first = word(words, 0);
  const auto second = word(words, 1);
  if (first == "show") return show(words);
  if (second == "var") return variable(words, command);
  if (first == "experimental-mode") return "\n";
  if (first == "add" && second == "server") return add(words);
  if (first == "del" && second == "server") return remove(words);
  if (first == "set" && second == "server") return set_server(words);
  const bool enables = first == "enable" && second == "health";
  const bool cuts = first == "shutdown" && second == "sessions";
  if (!enables && !cuts)
    return "Unknown command: '" + first + "', but maybe one of the following ones is a better match:\n\n";
  std::string refusal;
  const auto server = server_of(word(words, enables ? 2 : 3), refusal);
  if (!server) return refusal;
  if (enables && !server->is_checked) {
    server->is_checked = true;
    check(server);
  }
  return "\n";
}

std::string Runtime::show(const Words& words) {
  const auto what = word(words, 1);
  if (what == "info") return info();
  if (what == "cli") return "admin\n\n";
  if (what == "stat") return show_stat(word(words, 2), word(words, 3));
  if (what == "servers" && word(words, 2) == "state") return show_state(word(words, 3));
  if (what == "servers" && word(words, 2) == "conn") return show_connections(word(words, 3));
  if (what != "backend") return "Unknown command.\n\n";
  std::string text = "# name\n";
  for (const auto& [name, backend] : backends_) text += name + "\n";
  return text + "\n";
}

std::string Runtime::info() const {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  return fmt::format(
      "Name: HAProxy\nVersion: 2.6.12-1+deb12u4\nRelease_date: 2026/10/17\nNbthread: 2\nNbproc: 1\nProcess_num: 1\n"
      "Pid: {}\nUptime: 0d 0h00m01s\nUptime_sec: {}\nMemmax_MB: 0\nPoolAlloc_MB: 0\nPoolUsed_MB: 0\nMaxconn: 9985\n"
      "CurrConns: 0\nCumConns: {}\nTasks: 14\nRun_queue: 0\nIdle_pct: 100\nnode: stand-in\nStopping: 0\n"
      "Start_time_sec: {}\nTainted: 0x8\n\n",
      ::getpid(), now.count() - began_, commands_, began_);
}

Runtime::Backend* Runtime::find(const std::string& name) {
  const auto found = backends_.find(name);
  if (found != backends_.end()) return &found->second;
  if (!has_backend_(name)) return nullptr;
  auto& backend = backends_[name];
  backend.number = static_cast<int>(backends_.size()) + 1;
  return &backend;
}

std::shared_ptr<BackendServer> Runtime::server_of(const std::string& where, std::string& refusal) {
  const auto slash = where.find('/');
  auto* backend = find(where.substr(0, slash));
  refusal = "No such backend.\n\n";
  if (backend == nullptr || slash == where.npos) return nullptr;
  refusal = "No such server.\n\n";
  const auto name = where.substr(slash + 1);
  const auto found = std::ranges::find_if(backend->servers, [&](const auto& one) { return one->name == name; });
  return found == backend->servers.end() ? nullptr : *found;
}

std::string Runtime::show_state(const std::string& name) {
  const auto* backend = find(name);
  if (backend == nullptr) return "Can't find backend.\n\n";
  std::string text{state_columns};
  for (const auto& one : backend->servers) {
    text += fmt::format("{} {} {} {} {} {} {} {} 1 1 {} 2 0 {} 0 0 0 - {} - 0 0 - - 0\n", backend->number, name,
                        one->number, one->name, one->host, one->is_up ? 2 : 0, admin_state(*one), one->weight,
                        one->is_checked ? 8 : 1, one->is_checked ? 6 : 2, one->port);
  }
  return text + "\n";
}

std::string Runtime::show_stat(const std::string& name, const std::string& kinds) {
  std::string text{stat_columns};
  const auto* backend = find(name);
  if (backend == nullptr) return name == "-1" ? text + "\n" : "No such proxy.\n\n";
  if (kinds == "2") {
    text +=
        stat_row({{"pxname", name}, {"svname", "BACKEND"}, {"status", "UP"}, {"type", "1"}, {"algo", "roundrobin"}});
    return text + "\n";
  }
  for (const auto& one : backend->servers) {
    text += stat_row({{"pxname", name},
                      {"svname", one->name},
                      {"qcur", "0"},
                      {"scur", "0"},
                      {"stot", "0"},
                      {"econ", "0"},
                      {"eresp", "0"},
                      {"wretr", "0"},
                      {"wredis", "0"},
                      {"status", status_of(*one)},
                      {"weight", std::to_string(one->weight)},
                      {"type", "2"},
                      {"check_status", one->check},
                      {"check_code", one->check == "L7OK" ? "200" : ""},
                      {"addr", fmt::format("{}:{}", one->host, one->port)},
                      {"mode", "http"}});
  }
  return text + "\n";
}

std::string Runtime::show_connections(const std::string& name) {
  const auto* backend = find(name);
  if (backend == nullptr) return "Can't find backend.\n\n";
  std::string text =
      "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim "
      "idle_cur idle_per_thr[2]\n";
  for (const auto& one : backend->servers) {
    text += fmt::format("{}/{} {}/{} {} {} - 5000 0 1 1 0 0 -1 0 0 0\n", name, one->name, backend->number, one->number,
                        one->host, one->port);
  }
  return text + "\n";
}

std::string Runtime::variable(const Words& words, const std::string& command) {
  const auto name = word(words, 2);
  if (word(words, 0) == "set") {
    const auto at = command.find(" fmt ");
    variables_[name] = at == command.npos ? std::string{} : command.substr(at + 5);
    return "\n";
  }
  const auto found = variables_.find(name);
  if (found == variables_.end()) return "Variable not found.\n\n";
  return fmt::format("{}: type=str value=<{}>\n", name, found->second);
}

std::string Runtime::add(const Words& words) {
  const auto where = word(words, 2);
  std::string refusal;
  if (server_of(where, refusal)) return "Already exists a server with the same name in backend.\n\n";
  const auto slash = where.find('/');
  auto* backend = find(where.substr(0, slash));
  if (backend == nullptr || slash == where.npos) return "No such backend.\n";
  const auto address = word(words, 3);
  const auto colon = address.rfind(':');
  if (colon == address.npos) return "'server' expects <name> and <addr>[:<port>] as arguments.\n\n";
  auto server = std::make_shared<BackendServer>();
  server->name = where.substr(slash + 1);
  server->host = address.substr(0, colon);
  server->port = std::atoi(address.c_str() + colon + 1);
  server->number = ++backend->made;
  backend->servers.push_back(std::move(server));
  return "New server registered.\n\n";
}

std::string Runtime::remove(const Words& words) {
  std::string refusal;
  const auto server = server_of(word(words, 2), refusal);
  if (!server) return refusal;
  if (server->admin != BackendServer::Admin::Maintenance) return "Only servers in maintenance mode can be deleted.\n";
  ++server->turn;
  const auto where = word(words, 2);
  std::erase(find(where.substr(0, where.find('/')))->servers, server);
  return "Server deleted.\n";
}

std::string Runtime::set_server(const Words& words) {
  std::string refusal;
  const auto server = server_of(word(words, 2), refusal);
  if (!server) return refusal;
  const auto what = word(words, 3);
  const auto value = word(words, 4);
  if (what == "addr") return move(*server, words);
  if (what == "weight") server->weight = value == "100%" ? 1 : std::atoi(value.c_str());
  if (what == "state" && value == "ready") switch_to(server, BackendServer::Admin::Ready);
  if (what == "state" && value == "drain") switch_to(server, BackendServer::Admin::Drain);
  if (what == "state" && value == "maint") switch_to(server, BackendServer::Admin::Maintenance);
  if (what == "health") {
    server->is_up = value == "up";
    if (!server->is_up) {
      server->has_passed = false;
      check(server);
    }
  }
  return "\n";
}

std::string Runtime::move(BackendServer& server, const Words& words) {
  const auto host = word(words, 4);
  const auto port = std::atoi(word(words, 6).c_str());
  const auto host_before = std::exchange(server.host, host);
  const auto port_before = std::exchange(server.port, port);
  const auto about_host = host == host_before ? std::string{"no need to change the addr"}
                                              : fmt::format("IP changed from '{}' to '{}'", host_before, host);
  const auto about_port = port == port_before ? std::string{"no need to change the port"}
                                              : fmt::format("port changed from '{}' to '{}'", port_before, port);
  ++server.turn;
  return fmt::format("{}, {} by 'stats socket command'\n\n", about_host, about_port);
}

void Runtime::switch_to(const std::shared_ptr<BackendServer>& server, BackendServer::Admin admin) {
  const auto before = std::exchange(server->admin, admin);
  if (admin == BackendServer::Admin::Maintenance) {
    ++server->turn;
    server->is_up = false;
    server->has_passed = false;
    return;
  }
  if (before != BackendServer::Admin::Maintenance) return;
  server->check = "INI";
  check(server);
}

void Runtime::check(const std::shared_ptr<BackendServer>& server) {
  if (!server->is_checked || server->has_passed || server->admin == BackendServer::Admin::Maintenance) return;
  asio::co_spawn(executor_, check_until_passed(server, ++server->turn), asio::detached);
}

awaitable<void> Runtime::check_until_passed(std::shared_ptr<BackendServer> server, std::uint64_t turn) {
  asio::steady_timer timer{executor_};
  const auto request = fmt::format("GET {} HTTP/1.1\r\nHost: stand-in\r\n\r\n", check_path_);
  while (server->turn == turn && !server->has_passed) {
    timer.expires_after(50ms);
    co_await timer.async_wait(asio::use_awaitable);
    if (server->turn != turn) co_return;
    boost::system::error_code failure;
    const auto host = asio::ip::make_address(server->host, failure);
    if (failure) co_return;
    auto result = co_await checked({host, static_cast<std::uint16_t>(server->port)}, request);
    if (server->turn != turn) co_return;
    server->has_passed = result == "L7OK";
    server->is_up = server->has_passed;
    server->check = std::move(result);
  }
}

}  // namespace teal::test::stand_in
